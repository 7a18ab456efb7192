#!/usr/bin/python3
"""One of several lamps that change their colour at one instant: lamp.py ADDRESS NAME [GROUP [HOW_MANY [LIKES]]]

ADDRESS is ipc:///run/motey/mdp.sock. Start three, on one node or on several, each under a name of its own. They elect a leader; once HOW_MANY (3)
are there, the leader asks whether all like the next colour, and if they do, has all of them change to it in a second. A lamp agrees to colours in
LIKES (red,green). Each line printed is a JSON object. With python3-zmq and nothing else; Majordomo is in ../mdp.
"""
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mdp"))
import client
import worker


class Lamp:
    def __init__(self, address, name, group, how_many, likes):
        self.address, self.name, self.group, self.how_many, self.likes = address, name, group, how_many, likes
        self.colour = "off"
        self.leads, self.acted = threading.Event(), threading.Event()

    def say(self, **what):
        print(json.dumps({"lamp": self.name, **what}), flush=True)

    def ask(self, what, deadline_ms=5000, **data):
        """What the node's part for groups answers, or None."""
        body = client.call(self.address, "group", what, {"group": self.group, **data}, deadline_ms)
        if body is None or not body[0].endswith(b".result"):
            return None
        return json.loads(body[1])

    # What the group asks of this lamp: the node runs everything else.

    def handle(self, action, data):
        if action != "group.event":
            return action + ".error", {"code": "NotFound", "message": "there is no action " + action}
        return action + ".result", getattr(self, "on_" + data["type"], lambda event: {})(data)

    def on_leader(self, event):
        self.say(leader=event["name"], term=event["term"])
        if event["leads"]:
            self.leads.set()
        else:
            self.leads.clear()
        return {}

    def on_poll(self, event):
        agrees = event["value"] in self.likes
        return {"vote": "yes" if agrees else "no", "reason": "" if agrees else "%s does not like %s" % (self.name, event["value"])}

    def on_prepare(self, event):
        action = event["action"]
        if isinstance(action, dict) and isinstance(action.get("colour"), str):
            return {"vote": "yes"}
        return {"vote": "no", "reason": '%s takes {"colour": ...}' % self.name}

    def on_act(self, event):
        self.colour = event["action"]["colour"]
        self.acted.set()
        self.say(colour=self.colour, at=time.monotonic(), lateMs=event["deviationMs"])
        return {}

    def on_message(self, event):
        self.say(heard=event["payload"], of=event["name"])
        return {}

    # What it does by itself.

    def live(self):
        while self.ask("group.join", worker=self.name, kind="lamp") is None:
            time.sleep(0.2)
        row = ["off", "red", "green", "blue"]
        while self.colour != row[-1]:
            self.leads.wait()
            self.acted.clear()
            outcome = self.propose(row[row.index(self.colour) + 1 if self.colour in row else 1])
            if outcome == "rejected":
                return
            if outcome == "accepted":
                # The result and the instant are told by two connections, in either order.
                self.acted.wait(5)
        # Nothing more to do than to be there.

    def propose(self, colour):
        group = self.ask("group.describe")
        if group is None or group["known"] < self.how_many or group["visible"] < self.how_many:
            time.sleep(0.2)
            return "waits"
        poll = self.ask("group.poll", member=self.name, topic="colour", value=colour, rule="consensus") or {"outcome": "timeout", "reason": ""}
        self.say(poll=colour, outcome=poll["outcome"], reason=poll["reason"])
        if poll["outcome"] != "accepted":
            time.sleep(0.5)
            self.ask("group.publish", member=self.name, tag="refusal", payload="no " + colour)
            return poll["outcome"]
        act = self.ask("group.act", deadline_ms=10000, member=self.name, action={"colour": colour}, inMs=1000, rule="consensus") or {"outcome": "timeout", "performances": []}
        self.say(act=colour, outcome=act["outcome"], performed=len(act["performances"]))
        return act["outcome"]


if __name__ == "__main__":
    address, name, *rest = sys.argv[1:]
    group, how_many, likes = (rest + ["lamps", "3", "red,green"][len(rest):])[:3]
    lamp = Lamp(address, name, group, int(how_many), likes.split(","))
    worker.handle = lamp.handle
    threading.Thread(target=lamp.live, daemon=True).start()
    worker.work(address, name)
