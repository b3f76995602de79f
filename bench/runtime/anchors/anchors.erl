%% Owns the shapes of the runtime's benchmark as Erlang runs them: one line in (shape, size), one line out (microseconds).
%% It judges nothing; the sizes are said by the benchmark, so that both sides do the same work.
-module(anchors).
-behaviour(gen_server).
-export([main/0, init/1, handle_call/3, handle_cast/2, start_worker/0, sup/0]).

main() ->
    logger:set_primary_config(level, none),
    loop().

loop() ->
    case io:get_line("") of
        eof -> halt(0);
        Line ->
            [Shape, Size] = string:lexemes(string:trim(Line), " "),
            N = list_to_integer(Size),
            Micros = fresh(fun() -> run(list_to_atom(Shape), N) end),
            io:format("~s ~b~n", [Shape, Micros]),
            loop()
    end.

%% Each round in a process of its own: its garbage goes with it. The shape gives its own microseconds.
fresh(Fun) ->
    %% Off the heap: a queue of many messages is not copied at each collection, which would be unfair to Erlang.
    {Pid, Ref} = spawn_opt(fun() -> exit({micros, Fun()}) end, [monitor, {message_queue_data, off_heap}]),
    receive {'DOWN', Ref, process, Pid, {micros, Micros}} -> Micros end.

timed(Fun) ->
    {Micros, _} = timer:tc(Fun),
    Micros.

%% gen_server: a counter.
init(supervisor) -> {ok, {#{strategy => simple_one_for_one, intensity => 1000, period => 1},
                          [#{id => w, start => {?MODULE, start_worker, []}, restart => temporary}]}};
init(revived) -> {ok, {#{strategy => one_for_one, intensity => 1000, period => 3600},
                       [#{id => w, start => {?MODULE, start_worker, []}, restart => permanent}]}};
init(Sum) -> {ok, Sum}.
handle_call({add, By}, _From, Sum) -> {reply, Sum + By, Sum + By}.
handle_cast({add, By}, Sum) -> {noreply, Sum + By};
handle_cast(crash, _Sum) -> exit(crash).
start_worker() -> gen_server:start_link(?MODULE, 0, []).
sup() -> {ok, Pid} = supervisor:start_link(?MODULE, supervisor), Pid.

run(cast, N) ->
    {ok, Pid} = start_worker(),
    timed(fun() ->
        repeat(N, fun() -> gen_server:cast(Pid, {add, 1}) end),
        N = gen_server:call(Pid, {add, 0}, infinity)
    end);
run(call, N) ->
    {ok, Pid} = start_worker(),
    timed(fun() -> repeat(N, fun() -> gen_server:call(Pid, {add, 1}, 5000) end) end);
run(pingPong, N) ->
    Self = self(),
    Pong = spawn_link(fun pong/0),
    timed(fun() ->
        spawn_link(fun() -> ping(Pong, N div 2), Self ! done end),
        receive done -> ok end
    end);
run(ring, N) ->
    Self = self(),
    Last = spawn_link(fun() -> first(Self) end),
    Head = lists:foldl(fun(_, Next) -> spawn_link(fun() -> hop(Next) end) end, Last, lists:seq(1, 499)),
    Last ! {next, Head},
    timed(fun() -> Head ! N, receive done -> ok end end);
run(big, N) ->
    %% 100 actors, each asks a random other and waits for its answer, N pings in all.
    Self = self(),
    Count = 100,
    Each = N div (2 * Count),
    Pids = [spawn_link(fun() -> receive {all, All} -> big(All, Each, 0, Self) end end) || _ <- lists:seq(1, Count)],
    All = list_to_tuple(Pids),
    timed(fun() ->
        [P ! {all, All} || P <- Pids],
        [receive finished -> ok end || _ <- Pids],
        [P ! stop || P <- Pids]
    end);
run(chameneos, N) ->
    Self = self(),
    Mall = spawn_link(fun() -> mall(N, none, Self) end),
    timed(fun() ->
        [spawn_link(fun() -> chameneo(Mall, Colour) end) || Colour <- lists:duplicate(25, blue) ++
            lists:duplicate(25, red) ++ lists:duplicate(25, yellow) ++ lists:duplicate(25, blue)],
        receive done -> ok end
    end);
run(fib, N) ->
    Self = self(),
    timed(fun() -> spawn_link(fun() -> fib(N, Self) end), receive {fib, _} -> ok end end);
run(forkJoin, N) ->
    %% N actors are made, get one message each and end.
    Self = self(),
    timed(fun() ->
        repeat(N, fun() -> P = spawn_link(fun() -> receive go -> Self ! done end end), P ! go end),
        repeat(N, fun() -> receive done -> ok end end)
    end);
run(spawnPlain, N) ->
    %% Linked and acknowledged after init, as start_link is, and ended again.
    timed(fun() ->
        repeat(N, fun() ->
            {ok, P} = start_worker(), unlink(P), exit(P, kill)
        end)
    end);
run(spawnSupervised, N) ->
    Sup = sup(),
    Micros = timed(fun() -> repeat(N, fun() -> {ok, _} = supervisor:start_child(Sup, []) end) end),
    unlink(Sup), exit(Sup, shutdown),
    wait_for_end(Sup),
    Micros;
run(idleBytes, N) ->
    %% Not a time: bytes of one idle gen_server, hibernated or not.
    Before = erlang:memory(total),
    Pids = [element(2, start_worker()) || _ <- lists:seq(1, N)],
    After = erlang:memory(total),
    [begin unlink(P), exit(P, kill) end || P <- Pids],
    (After - Before) div N;
run(restart, N) ->
    %% Fresh supervisors of 100 restarts each: the list of restarts is searched each time.
    lists:sum([restarts(100) || _ <- lists:seq(1, N div 100)]);
run(castAcross, N) ->
    Self = self(),
    Sink = spawn_opt(fun() -> sink(N, Self) end, [link, {scheduler, 2}]),
    timed(fun() ->
        spawn_opt(fun() -> repeat(N, fun() -> Sink ! {add, hello, 1, 2, 3, 4} end) end, [link, {scheduler, 1}]),
        receive done -> ok end
    end);
run(roundTrip, N) ->
    Self = self(),
    Pong = spawn_opt(fun pong/0, [link, {scheduler, 2}]),
    timed(fun() ->
        spawn_opt(fun() -> ping(Pong, N), Self ! done end, [link, {scheduler, 1}]),
        receive done -> ok end
    end).

repeat(0, _) -> ok;
repeat(N, Fun) -> Fun(), repeat(N - 1, Fun).

ping(_, 0) -> ok;
ping(Pong, N) -> Pong ! {ping, self()}, receive pong -> ping(Pong, N - 1) end.
pong() -> receive {ping, From} -> From ! pong, pong() end.

first(Main) -> receive {next, Next} -> first(Main, Next) end.
first(Main, Next) -> receive N when N =< 0 -> Main ! done; N -> Next ! N - 1, first(Main, Next) end.
hop(Next) -> receive N when N =< 0 -> Next ! N; N -> Next ! N - 1, hop(Next) end.

big(All, 0, _, Main) -> Main ! finished, big_idle(All);
big(All, Left, Seed, Main) ->
    Next = (Seed * 1103515245 + 12345) band 16#7fffffff,
    element(1 + Next rem tuple_size(All), All) ! {ping, self()},
    big_wait(All, Left, Next, Main).
big_wait(All, Left, Seed, Main) ->
    receive
        {ping, From} -> From ! pong, big_wait(All, Left, Seed, Main);
        pong -> big(All, Left - 1, Seed, Main)
    end.
big_idle(All) -> receive {ping, From} -> From ! pong, big_idle(All); stop -> ok end.

mall(0, none, Main) -> Main ! done;
mall(0, _, Main) -> Main ! done;
mall(Left, none, Main) -> receive {meet, Pid, Colour} -> mall(Left, {Pid, Colour}, Main) end;
mall(Left, {First, Colour1}, Main) ->
    receive {meet, Second, Colour2} ->
        First ! {met, Colour2}, Second ! {met, Colour1}, mall(Left - 1, none, Main)
    end.
chameneo(Mall, Colour) ->
    Mall ! {meet, self(), Colour},
    receive {met, Other} -> chameneo(Mall, complement(Colour, Other)) end.
complement(C, C) -> C;
complement(blue, red) -> yellow;
complement(red, blue) -> yellow;
complement(blue, yellow) -> red;
complement(yellow, blue) -> red;
complement(_, _) -> blue.

fib(N, Parent) when N < 2 -> Parent ! {fib, N};
fib(N, Parent) ->
    Self = self(),
    spawn_link(fun() -> fib(N - 1, Self) end),
    spawn_link(fun() -> fib(N - 2, Self) end),
    receive {fib, A} -> receive {fib, B} -> Parent ! {fib, A + B} end end.

restarts(N) ->
    {ok, Sup} = supervisor:start_link(?MODULE, revived),
    Micros = timed(fun() -> repeat(N, fun() -> revive(Sup) end) end),
    unlink(Sup), exit(Sup, shutdown),
    wait_for_end(Sup),
    Micros.
revive(Sup) ->
    [{w, Pid, _, _}] = supervisor:which_children(Sup),
    gen_server:cast(Pid, crash),
    revived(Sup, Pid).
revived(Sup, Old) ->
    case supervisor:which_children(Sup) of
        [{w, Pid, _, _}] when is_pid(Pid), Pid =/= Old -> ok;
        _ -> revived(Sup, Old)
    end.

sink(0, Main) -> Main ! done;
sink(N, Main) -> receive {add, _, _, _, _, _} -> sink(N - 1, Main) end.

wait_for_end(Pid) ->
    Ref = monitor(process, Pid),
    receive {'DOWN', Ref, process, Pid, _} -> ok end.
