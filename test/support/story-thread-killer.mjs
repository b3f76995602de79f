// Owns a fault: loaded into a node before its own code (NODE_OPTIONS=--import), it ends the node's oldest worker thread on SIGUSR2.
// It knows nothing of Parla; a thread that ends so has written nothing and told nobody.

const workers = [];

process.on('worker', (worker) => {
  workers.push(worker);
  worker.once('exit', () => workers.splice(workers.indexOf(worker), 1));
});

process.on('SIGUSR2', () => workers[0]?.terminate());
