"""Owns a Jabber client of slixmpp, a stock library: logs in, tells what it sees as JSON lines, answers each message.
It never judges: the test that starts it does.

Arguments: jid, password, host, port, and `starttls` or `direct`.
"""

import json
import logging
import ssl
import sys

import slixmpp


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        # The server's certificate is its own: accepted here as a person accepts it once.
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        for plugin in ("xep_0030", "xep_0085", "xep_0092", "xep_0115", "xep_0198", "xep_0199", "xep_0203"):
            self.register_plugin(plugin)
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("message", self.came)
        self.add_event_handler("presence", self.seen)
        self.add_event_handler("failed_auth", lambda _: tell("failed"))
        self.add_event_handler("stream_error", lambda error: tell("streamError", condition=error["condition"]))

    async def started(self, _):
        roster = await self.get_roster()
        items = roster["roster"]["items"]
        tell("roster", items={str(jid): [item["name"], list(item["groups"])] for jid, item in items.items()})
        info = await self["xep_0030"].get_info(jid=self.boundjid.domain)
        tell("features", features=sorted(info["disco_info"]["features"]))
        self.send_presence()
        tell("online", jid=self.boundjid.full)

    def seen(self, presence):
        tell("presence", who=presence["from"].full, type=presence["type"], status=presence["status"])

    def came(self, message):
        if not message["body"]:
            return
        tell("message", who=message["from"].bare, body=message["body"], type=message["type"])
        if message["type"] == "chat":
            message.reply("echo: " + message["body"]).send()


logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
client = Client(sys.argv[1], sys.argv[2])
if sys.argv[5] == "direct":
    client.connect((sys.argv[3], int(sys.argv[4])), use_ssl=True, force_starttls=False, disable_starttls=True)
else:
    client.connect((sys.argv[3], int(sys.argv[4])))
client.process(forever=True)
