#!/usr/bin/python3
"""An engine for a Motey node that runs programs of this host: hostrun.py ADDRESS ENGINE DIRECTORY

The node's own file must allow its name, engines: {external: {allow: [ENGINE]}}. It registers as val.ENGINE at the node's socket for programs
(ADDRESS, such as ipc:///run/motey/mdp.sock), by Majordomo 0.1 (https://rfc.zeromq.org/spec/7/) with python3-zmq and nothing else, and keeps what it
runs in DIRECTORY. The programs outlive it: started again, it finds them by process number and start time.

docs/engines.md has every action with its JSON Schema.
"""
import concurrent.futures
import datetime
import glob
import hashlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid

import zmq

READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
HEARTBEAT_SECONDS, LOST_SECONDS = 1, 3
# A worker has one request at a time, so as many requests are worked on at once.
WORKERS = 4
LOG_BYTES = 10_000_000
# What a command inside may print, each line with what JSON needs around it, so that its answer fits a message.
OUTPUT_BYTES, LINE_COST = 300_000, 40
# As long as the node waits for a command, and a little less; and how long what was killed may take to go.
EXEC_SECONDS, GONE_SECONDS = 590, 10
PARAMETERS = ["command", "environment", "working_dir", "ports", "healthcheck", "volumes"]
# Waits for a word before it begins, so that nothing runs that has not been written down, and writes the exit code of the program down.
SHELL = 'read -r word && [ "$word" = go ] || exit 125\ntrap : HUP INT QUIT TERM\nexec 4>&2 2>/dev/null\n(exec 2>&4 4>&- </dev/null; exec "$@")\necho $? >"$0"'


class Failure(Exception):
    """What the asker is told: a code of the protocol and a sentence."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def boot_id():
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def process_state(pid):
    """The state letter, session, ticks of CPU, start and resident bytes of a process; None when there is none."""
    try:
        with open("/proc/%d/stat" % pid, errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[3]), sum(map(int, fields[11:15])), fields[19], int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


def session_of(pid):
    """Every process of a session, as process_state has them, by number."""
    states = {int(name): process_state(int(name)) for name in os.listdir("/proc") if name.isdigit()}
    return {number: state for number, state in states.items() if state and state[1] == pid}


def check_words(check):
    """The command of a health check; nothing when there is none. Anything else raises a ValueError."""
    test = (check or {}).get("test")
    if isinstance(test, str):
        return ["/bin/sh", "-c", test]
    if test in (None, ["NONE"]):
        return []
    kind, *words = test
    if not words or not all(isinstance(word, str) for word in words):
        raise ValueError("write [CMD, program, argument, ...]")
    return words if kind == "CMD" else ["/bin/sh", "-c", " ".join(words)]


def ports_of(parameters):
    """What a program says of its ports, {80/tcp: 8080}. Anything else raises a ValueError."""
    ports = parameters.get("ports") or {}
    if not isinstance(ports, dict):
        raise ValueError("write a map such as {80/tcp: 8080}")
    inner = [(name.partition("/"), int(outer)) for name, outer in ports.items()]
    return [{"container": int(port), "host": outer, "protocol": protocol or "tcp"} for (port, _, protocol), outer in inner]


def some_of(pipe, kept):
    """Reads to the end and keeps the beginning."""
    for piece in iter(lambda: pipe.read1(65536), b""):
        kept += piece[:max(0, OUTPUT_BYTES - len(kept))]


class Cgroups:
    """Limits through control groups of the host, version 1 or 2."""

    ROOT = "/sys/fs/cgroup"
    IS_V2 = os.path.exists(ROOT + "/cgroup.controllers")

    def folders(self, slot_id):
        return ["%s/%shostrun/%s" % (self.ROOT, part, slot_id) for part in ([""] if self.IS_V2 else ["cpu/", "memory/"])]

    def limit(self, slot_id, limits):
        for folder in self.folders(slot_id):
            os.makedirs(folder, exist_ok=True)
        if self.IS_V2:
            for folder in [self.ROOT, self.ROOT + "/hostrun"]:
                self.write(folder, "cgroup.subtree_control", "+cpu +memory")
        cpu, memory = self.folders(slot_id)[0], self.folders(slot_id)[-1]
        if "cpuMillis" in limits:
            quota = int(limits["cpuMillis"] * 100)
            self.write(cpu, "cpu.max", "%d 100000" % quota) if self.IS_V2 else self.write(cpu, "cpu.cfs_quota_us", quota)
        if "memoryBytes" in limits:
            self.write(memory, "memory.max" if self.IS_V2 else "memory.limit_in_bytes", int(limits["memoryBytes"]))

    def enter(self, slot_id, pid):
        for folder in self.folders(slot_id):
            self.write(folder, "cgroup.procs", pid)

    def remove(self, slot_id):
        for folder in self.folders(slot_id):
            try:
                os.rmdir(folder)
            except OSError:
                pass  # Never made, or busy for a moment: an empty group costs nothing.

    @staticmethod
    def write(folder, name, value):
        with open(os.path.join(folder, name), "w") as file:
            file.write(str(value))


class Slots:
    """What runs here, a JSON file for each slot. Read anew at each look, so that the files are the truth."""

    def __init__(self, directory, tell):
        self.directory, self.tell, self.cgroups = directory, tell, Cgroups()
        self.lock = threading.RLock()
        self.health = {}
        self.boot = boot_id()
        os.makedirs(directory, mode=0o700, exist_ok=True)

    def path(self, name, ending="json"):
        return os.path.join(self.directory, "%s.%s" % (name.replace("/", "_"), ending))

    def read(self, path):
        try:
            with self.lock, open(path) as file:
                return self.settle(dict(json.load(file), name=os.path.basename(path)[:-5]))
        except (OSError, ValueError):
            return None

    def write(self, slot):
        with open(self.path(slot["name"], "new"), "w") as file:
            json.dump(slot, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.path(slot["name"], "new"), self.path(slot["name"]))
        return slot

    def all(self):
        found = [self.read(path) for path in sorted(glob.glob(os.path.join(glob.escape(self.directory), "*.json")))]
        return [slot for slot in found if slot]

    def find(self, reference):
        """What has the name, or else the uid: then it gets its name back."""
        slot = self.read(self.path(reference["name"]))
        if slot:
            return slot
        for other in self.all():
            if other["order"]["uid"] == reference["uid"]:
                os.rename(self.path(other["name"]), self.path(reference["name"]))
                return dict(other, name=reference["name"])
        return None

    def own(self, reference):
        slot = self.find(reference)
        return slot if slot and slot["order"]["uid"] == reference["uid"] else None

    def wanted(self, reference):
        slot = self.own(reference)
        if not slot:
            raise Failure("NotFound", "there is no program %s" % reference["name"])
        return slot

    def state(self, slot):
        run = slot.get("run")
        found = process_state(run["pid"]) if run and "finishedAt" not in run and run.get("boot") == self.boot else None
        if not found or found[3] != run["start"] or found[0] in "ZX":
            return "exited" if run else "created"
        return "paused" if found[0] == "T" else "running"

    def settle(self, slot):
        """Writes the end of a program down once."""
        run = slot.get("run")
        if not run or "finishedAt" in run or self.state(slot) != "exited":
            return slot
        # What it left behind in its group ends with it, unless the number is another's by now.
        found = process_state(run["pid"])
        if run.get("boot") == self.boot and (not found or found[3] == run["start"]):
            self.signal(run["pid"], signal.SIGKILL)
        try:
            with open(self.path(slot["id"], "%d.exit" % run["number"])) as file:
                code = int(file.read())
        except (OSError, ValueError):
            code = 137
        self.changed(slot)
        return self.write(dict(slot, run=dict(run, finishedAt=now(), exitCode=code)))

    @staticmethod
    def signal(pid, number):
        try:
            os.killpg(pid, number)
        except OSError:
            pass  # It has ended meanwhile.

    def changed(self, slot):
        self.tell({"kind": "changed", "uid": slot["order"]["uid"], "namespace": slot["order"]["namespace"], "instance": slot["order"]["instance"]})

    def observation(self, slot):
        order, run, state = slot["order"], slot.get("run") or {}, self.state(slot)
        if state == "exited" and "finishedAt" not in run:
            state = "running"  # An end is told once it is written down, with its exit code.
        seen = {key: order[key] for key in ["namespace", "service", "uid", "slot", "binding", "specHash"]}
        seen.update({key: run[key] for key in ["startedAt", "finishedAt", "exitCode"] if key in run})
        health = self.health.get(slot["id"], "starting") if "healthcheck" in order["parameters"] and state == "running" else "none"
        return dict(
            seen, name=slot["name"], image=order["entry"], state=state, health=health, engineId=slot["id"], contentId=slot["contentId"],
            createdAt=slot["createdAt"], limits=slot["limits"], ports=ports_of(order["parameters"]))

    def words(self, order):
        command = order["parameters"].get("command") or []
        return [order["image"]] + (command.split() if isinstance(command, str) else [str(word) for word in command])

    def surroundings(self, order):
        given = order["parameters"].get("environment") or {}
        own = dict(line.split("=", 1) for line in order["environment"])
        named = given if isinstance(given, dict) else dict(line.split("=", 1) for line in given)
        return {"PATH": os.defpath, **own, **{key: str(value) for key, value in named.items()}}

    def spawn(self, slot):
        order, before = slot["order"], slot.get("run") or {"number": 0}
        number = before["number"] + 1
        self.health.pop(slot["id"], None)
        for ending in ["%d.log" % (number - 2), "%d.exit" % (number - 2)]:  # Those of the run before are still asked for.
            if os.path.exists(self.path(slot["id"], ending)):
                os.remove(self.path(slot["id"], ending))
        with open(self.path(slot["id"], "%d.log" % number), "ab") as log:
            try:
                process = subprocess.Popen(
                    ["/bin/sh", "-c", SHELL, self.path(slot["id"], "%d.exit" % number)] + self.words(order), stdin=subprocess.PIPE, stdout=log, stderr=log,
                    start_new_session=True, cwd=order["parameters"].get("working_dir") or "/", env=self.surroundings(order))
            except OSError as error:
                raise Failure("Internal", "%s does not start: %s" % (order["image"], error))
        try:
            if slot["limits"]:
                self.cgroups.limit(slot["id"], slot["limits"])
                self.cgroups.enter(slot["id"], process.pid)
            run = {"number": number, "pid": process.pid, "boot": self.boot, "start": process_state(process.pid)[3], "startedAt": now()}
            slot = self.write(dict(slot, run=run))
            process.stdin.write(b"go\n")
        finally:
            process.stdin.close()
        threading.Thread(target=process.wait, daemon=True).start()
        return slot

    # Below are the actions, each with the data and the answer that docs/engines.md has for it.

    def action_health(self, _data):
        return {"version": "1", "message": "", "parameters": PARAMETERS}

    def action_review(self, data):
        order = data["order"]
        refusals = []
        if not os.path.isabs(order["image"]):
            refusals.append({"kind": "invalid", "field": "image", "message": "%s is no path of a program" % order["image"], "fix": "write image: /path/of/program"})
        if order["parameters"].get("volumes"):
            refusals.append({"kind": "invalid", "field": "parameters.volumes", "message": "a program sees the files of the host", "fix": "leave it out"})
        for field, read in [("ports", ports_of), ("healthcheck", lambda parameters: check_words(parameters.get("healthcheck")))]:
            try:
                read(order["parameters"])
            except (ValueError, TypeError, AttributeError) as error:
                refusals.append({"kind": "invalid", "field": "parameters." + field, "message": "it cannot be read: %s" % error, "fix": "write it as docs/parameters.md has it"})
        return {"refusals": refusals}

    def action_prepare(self, data):
        program = data["order"]["image"]
        if not os.access(program, os.X_OK):
            raise Failure("NotFound", "this host has no program %s" % program)
        with open(program, "rb") as file:
            return {"contentId": "sha256:" + hashlib.sha256(file.read()).hexdigest()}

    def action_start(self, data):
        order = data["order"]
        with self.lock:
            for refusal in self.action_review(data)["refusals"]:
                raise Failure("BadRequest", "%s: %s" % (refusal["field"], refusal["message"]))
            slot = self.find(order)
            if slot and (slot["order"]["uid"], slot["order"]["specHash"]) != (order["uid"], order["specHash"]):
                raise Failure("Conflict", "%s still has what was made for %s" % (order["name"], slot["order"]["instance"]))
            if not slot:
                slot = {"name": order["name"], "id": str(uuid.uuid4()), "createdAt": now(), "limits": order["limits"]}
            slot.update(order=order, contentId=self.action_prepare(data)["contentId"])
            state = self.state(slot)
            if state == "paused":
                self.signal(slot["run"]["pid"], signal.SIGCONT)
            elif state != "running":
                slot = self.spawn(slot)
            self.changed(slot)
            return {"observation": self.observation(slot)}

    def action_stop(self, data):
        slot = self.own(data["reference"])
        if slot and self.state(slot) in ("running", "paused"):
            for number in [signal.SIGTERM, signal.SIGCONT]:
                self.signal(slot["run"]["pid"], number)
            self.wait(slot, data["graceSeconds"])
        return {}

    def wait(self, slot, seconds):
        until = time.monotonic() + seconds
        while self.state(slot) in ("running", "paused"):
            if time.monotonic() >= until:
                self.signal(slot["run"]["pid"], signal.SIGKILL)
            if time.monotonic() >= until + GONE_SECONDS:
                raise Failure("Internal", "%s was killed and has not gone yet" % slot["name"])
            time.sleep(0.02)
        with self.lock:
            self.own({"name": slot["name"], "uid": slot["order"]["uid"]})
        self.changed(slot)

    def action_remove(self, data):
        slot = self.own(data["reference"])
        if slot:
            self.wait(slot, 0)
            with self.lock:
                for path in glob.glob(glob.escape(self.path(slot["id"], "")) + "*") + [self.path(slot["name"])]:
                    os.remove(path)
            self.health.pop(slot["id"], None)
            self.cgroups.remove(slot["id"])
            self.changed(slot)
        return {}

    def action_update(self, data):
        with self.lock:
            slot = self.wanted(data["reference"])
            if not slot["limits"] or set(slot["limits"]) - set(data["limits"]):
                return {"changed": False}
            self.cgroups.limit(slot["id"], data["limits"])
            self.write(dict(slot, limits=data["limits"]))
            return {"changed": True}

    def action_inspect(self, data):
        with self.lock:
            slot = self.find(data["reference"])
            return {"observation": slot and self.observation(slot)}

    def action_list(self, _data):
        with self.lock:
            return {"observations": [self.observation(slot) for slot in self.all()]}

    def action_logs(self, data):
        slot = self.wanted(data["reference"])
        number = slot.get("run", {"number": 0})["number"] - (1 if data["previous"] else 0)
        if number < 1:
            raise Failure("NotFound", "%s has had no such run" % slot["name"])
        ended = data["previous"] or self.state(slot) not in ("running", "paused")
        with open(self.path(slot["id"], "%d.log" % number), "rb") as log:
            tail, size = data.get("tailLines"), os.fstat(log.fileno()).st_size
            start = int(data.get("cursor", "0")) if tail is None else max(0, size - 65536)
            if start > size:
                start = 0  # It was cut meanwhile.
            log.seek(start)
            # An answer fits a message; the rest is asked for by its cursor.
            read = log.read(65536)
        # A line that is not whole yet waits, unless nothing follows or it fills a piece by itself.
        whole = read if (ended and len(read) < 65536) or b"\n" not in read and len(read) == 65536 else read[:read.rfind(b"\n") + 1]
        lines = [{"text": line} for line in whole.decode("utf-8", "replace").split("\n")[:-1 if whole.endswith(b"\n") else None] if whole]
        if tail is not None:
            lines = lines[1 if start > 0 else 0:]  # The first is a part of one.
            lines = lines[max(0, len(lines) - tail):]
        return {"lines": lines, "cursor": str(start + len(whole)), "ended": ended and len(read) < 65536}

    def action_stats(self, data):
        slot = self.wanted(data["reference"])
        if self.state(slot) not in ("running", "paused"):
            raise Failure("NotFound", "%s does not run" % slot["name"])
        pid = slot["run"]["pid"]
        before, began = sum(state[2] for state in session_of(pid).values()), time.monotonic()
        time.sleep(0.1)
        members = session_of(pid).values()
        seconds = (sum(state[2] for state in members) - before) / os.sysconf("SC_CLK_TCK")
        return {"cpuMillis": max(0, round(1000 * seconds / (time.monotonic() - began))), "memoryBytes": sum(state[4] for state in members), "sampledAt": now()}

    def action_exec(self, data):
        slot = self.wanted(data["reference"])
        order = slot["order"]
        try:
            process = subprocess.Popen(
                data["command"], cwd=order["parameters"].get("working_dir") or "/", env=self.surroundings(order), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except (OSError, ValueError) as error:
            return {"exitCode": 127, "lines": [{"stream": "stderr", "text": str(error)}]}
        outputs = [("stdout", process.stdout, bytearray()), ("stderr", process.stderr, bytearray())]
        readers = [threading.Thread(target=some_of, args=(pipe, kept), daemon=True) for _, pipe, kept in outputs]
        for reader in readers:
            reader.start()
        try:
            code = process.wait(EXEC_SECONDS)
        except subprocess.TimeoutExpired:
            self.signal(process.pid, signal.SIGKILL)
            code = 137
        for reader in readers:
            reader.join(1)  # What it has left in the background may hold its output open.
        lines, room = [], OUTPUT_BYTES
        for stream, _, kept in outputs:
            for text in bytes(kept).decode("utf-8", "replace").splitlines():
                room -= len(json.dumps(text)) + LINE_COST
                if room > 0:
                    lines.append({"stream": stream, "text": text})
        return {"exitCode": code % 256, "lines": lines}

    def watch(self):
        """Looks at everything again and again: that an end is seen tells of it."""
        while True:
            try:
                for slot in self.all():
                    self.look(slot)
            except Exception as error:  # Whatever it is, everything else is to be looked at again.
                print("hostrun: %s" % error, file=sys.stderr)
            time.sleep(0.2)

    def look(self, slot):
        if self.state(slot) != "running":
            return
        words = check_words(slot["order"]["parameters"].get("healthcheck"))
        if words:
            self.check(slot, words)
        log = self.path(slot["id"], "%d.log" % slot["run"]["number"])
        if os.path.getsize(log) > LOG_BYTES:
            os.truncate(log, 0)  # The program goes on appending to it.

    def check(self, slot, words):
        try:
            code = subprocess.run(
                words, env=self.surroundings(slot["order"]), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=5).returncode
        except (OSError, ValueError, subprocess.TimeoutExpired):
            code = 1
        health = "healthy" if code == 0 else "unhealthy"
        if self.health.get(slot["id"]) != health:
            self.health[slot["id"]] = health
            self.changed(slot)


def answer(slots, action, body):
    handler = getattr(slots, "action_" + action, None)
    try:
        if not handler:
            raise Failure("NotFound", "there is no action " + action)
        return action + ".result", handler(json.loads(body or b"{}"))
    except Failure as failure:
        return action + ".error", {"code": failure.code, "message": str(failure)}
    except Exception as error:  # Whatever it is, the asker is to hear of it.
        return action + ".error", {"code": "Internal", "message": "%s: %s" % (type(error).__name__, error)}


def work(address, service, slots):
    """Serves one request after another, and registers anew whenever the node was away."""
    context = zmq.Context.instance()
    hands = concurrent.futures.ThreadPoolExecutor(1)
    socket, heard, told, job = None, 0, 0, None
    while True:
        if time.monotonic() - heard >= LOST_SECONDS:
            if socket:
                socket.close()
                time.sleep(HEARTBEAT_SECONDS)
            socket = context.socket(zmq.DEALER)
            socket.linger = 0
            socket.connect(address)
            socket.send_multipart([b"", b"MDPW01", READY, service.encode()])
            heard = told = time.monotonic()
            job = None
        if socket.poll(10 if job else 200):
            _, header, command, *rest = socket.recv_multipart()
            heard = time.monotonic()
            if header == b"MDPW01" and command == REQUEST:
                sender, _, action, *body = rest
                # Beside this loop, which goes on to say that it is there.
                job = sender, body[1:2], hands.submit(answer, slots, action.decode("utf-8", "replace"), body[0] if body else b"")
            elif command == DISCONNECT:
                heard = 0
        if job and job[2].done():
            said, data = job[2].result()
            # The meta goes back as it came: the asker knows its answer by it.
            socket.send_multipart([b"", b"MDPW01", REPLY, job[0], b"", said.encode(), json.dumps(data).encode()] + job[1])
            job = None
        if time.monotonic() - told >= HEARTBEAT_SECONDS:
            socket.send_multipart([b"", b"MDPW01", HEARTBEAT])
            told = time.monotonic()


def tell(address, engine, events):
    """Sends what has changed to the node. That one is lost harms nothing: the node looks at everything now and then."""
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(address)
    while True:
        event = dict(events.get(), engine=engine)
        socket.send_multipart([b"", b"MDPC01", b"val", b"engine.event", json.dumps(event).encode()])
        while socket.poll(0):
            socket.recv_multipart()


def main(address, engine, directory):
    events = queue.Queue()
    slots = Slots(directory, events.put)
    tasks = [(slots.watch, ()), (tell, (address, engine, events))] + [(work, (address, "val." + engine, slots))] * WORKERS
    threads = [threading.Thread(target=task, args=given, daemon=True) for task, given in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:4])
