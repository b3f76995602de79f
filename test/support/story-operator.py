"""Owns an operator's Jabber client in the stories: slixmpp, a stock client library, told what to do by JSON lines.
It never decides what is right: every event goes to standard output as one JSON line, and the story judges.

Commands (standard input):  login, presence, say, typing, drop, connect, quit.
Events (standard output):   online, offline, roster, presence, message, typing, kept, failed.
What was said and is not yet acknowledged (XEP-0198) is said again, under the same ids, after each new login.
"""

import asyncio
import json
import logging
import ssl
import sys
from xml.etree import ElementTree

import slixmpp

STATES = "{http://jabber.org/protocol/chatstates}"
DELAY = "{urn:xmpp:delay}delay"
ASK_SECONDS = 0.1
STANZA_ID = "{urn:xmpp:sid:0}stanza-id"


def tell(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


class Operator(slixmpp.ClientXMPP):
    def __init__(self, command):
        super().__init__(command["jid"], command["password"])
        self.place = (command["host"], command["port"])
        self.show = command.get("show")
        # The node's certificate is its own: accepted here as a person accepts it once.
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.unconfirmed = {}
        self.here = False
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        self.register_plugin("xep_0085")
        self.register_plugin("xep_0198")
        self.schedule("ask what is kept", ASK_SECONDS, self.ask, repeat=True)
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("message", self.message_came)
        self.add_event_handler("presence", self.presence_came)
        self.add_event_handler("roster_update", self.roster_came)
        self.add_event_handler("stanza_acked", self.kept)
        self.add_event_handler("failed_auth", lambda _: tell("failed", why="authentication"))
        self.add_event_handler("disconnected", self.went)
        for state in ("composing", "paused", "active"):
            self.add_event_handler("chatstate_" + state, self.typing_came)

    def go(self):
        self.connect(self.place)

    async def started(self, _):
        await self.get_roster()
        self.send_presence(pshow=self.show)
        # Each stream is counted anew: this client does not resume one.
        self.end_session_on_disconnect = True
        self.here = True
        tell("online", jid=self.boundjid.full)
        for number, (to, text) in list(self.unconfirmed.items()):
            self.send_chat(number, to, text)

    def went(self, _):
        self.here = False
        tell("offline")

    def say(self, number, to, text):
        self.unconfirmed[number] = (to, text)
        # Said while there is no connection: kept until the next login, as a client's outbox does.
        if self.here:
            self.send_chat(number, to, text)

    def send_chat(self, number, to, text):
        message = self.make_message(mto=to, mbody=text, mtype="chat")
        message["id"] = number
        message.xml.append(ElementTree.Element("{urn:xmpp:sid:0}origin-id", {"id": number}))
        message.send()

    def typing(self, to, on):
        message = self.make_message(mto=to, mtype="chat")
        message.xml.append(ElementTree.Element(STATES + ("composing" if on else "paused")))
        message.send()

    def ask(self):
        # The library's own request goes out before the stanza it is for, so that the last one would stay unconfirmed.
        if self.here and self.unconfirmed:
            self["xep_0198"].request_ack()

    def kept(self, stanza):
        number = stanza["id"]
        if self.unconfirmed.pop(number, None) is not None:
            tell("kept", id=number)

    def message_came(self, message):
        xml = message.xml
        sender = message["from"].bare
        delay, stanza_id = xml.find(DELAY), xml.find(STANZA_ID)
        tell(
            "message",
            **{"from": sender},
            id=message["id"],
            type=message["type"],
            body=message["body"],
            delay=None if delay is None else delay.get("stamp"),
            stanzaId=None if stanza_id is None else stanza_id.get("id"),
        )

    def typing_came(self, message):
        tell("typing", **{"from": message["from"].bare}, on=message["chat_state"] == "composing")

    def presence_came(self, presence):
        tell(
            "presence",
            **{"from": presence["from"].bare},
            type=presence["type"],
            show=presence["show"],
            status=presence["status"],
        )

    def roster_came(self, iq):
        for jid, item in iq["roster"]["items"].items():
            tell(
                "roster",
                jid=jid.bare,
                name=item["name"],
                groups=list(item["groups"]),
                subscription=item["subscription"],
            )


def obey(operator, command):
    name = command["do"]
    if name == "connect":
        operator.go()
    elif name == "say":
        operator.say(command["id"], command["to"], command["text"])
    elif name == "typing":
        operator.typing(command["to"], command["on"])
    elif name == "presence":
        operator.send_presence(ptype=command.get("type"), pshow=command.get("show"), pstatus=command.get("status"))
    elif name == "drop":
        operator.abort()
    else:
        tell("failed", why="unknown command " + name)


async def main():
    loop = asyncio.get_event_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    operator = None
    while line := await reader.readline():
        command = json.loads(line)
        if command["do"] == "login":
            operator = Operator(command)
            operator.go()
        elif command["do"] == "quit":
            break
        else:
            obey(operator, command)
    if operator is not None and operator.is_connected():
        await operator.disconnect(wait=1)


logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
asyncio.get_event_loop().run_until_complete(main())
