"""What the CephFS driver asks of the cluster: stays, and answers one JSON object a line (agent.ts says what is in it).

It decides nothing: a request is a list of steps, done in order; a step whose code is not among its `ok` ends the
request, and the driver reads why. Each request has a thread; requests for one share follow one another by the fence.
The first argument says which cluster. It ends when its standard input does.
"""
import errno
import json
import os
import signal
import sys
import threading
import time
import uuid

try:
    import cephfs
    import rados
except ImportError as error:
    cephfs = rados = None
    missing = "%s; it comes with the Debian package ceph-common" % error

NAMESPACE = "manila"
# A host that dies is in nobody's way for longer.
SESSION_TIMEOUT_S = 10
# How long requests, and then leaving, may take when the driver has gone.
LEAVE_S = 3
GONE_S = 10
# Flags of Ceph's lock class (cls/lock): with the second it fails unless the lock is still ours.
MAY_RENEW, MUST_RENEW = 1, 2


class Refused(Exception):
    """Somebody newer has the share."""


class Cancelled(Exception):
    """The driver doesn't wait any more."""


class Fence:
    """Ownership of one share, kept in the cluster, so that it holds for every host.

    An object per share carries the highest owner's number and, while something is being changed, a lock that expires:
    a host that died is waited for no longer than that. The lock is renewed meanwhile; a process that was paused for
    longer finds out before its next step and has its number compared again.
    """

    def __init__(self, cluster, given, cancelled):
        self.cancelled = cancelled
        self.io = cluster.open_ioctx(given["pool"])
        self.io.set_namespace(NAMESPACE)
        self.object = given["object"]
        self.number = given["number"]
        self.ttl = given["ttl_s"]
        self.cookie = str(uuid.uuid4())
        self.until = 0.0
        self.stopping = threading.Event()
        self.mutex = threading.Lock()
        self.thread = threading.Thread(target=self._renew, daemon=True)

    def _lock(self, flag):
        # CLOCK_BOOTTIME counts what a suspended machine slept through; taken before, so that ours ends first.
        asked = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.io.lock_exclusive(self.object, "owner", self.cookie, "", self.ttl, flag)
        self.until = asked + self.ttl

    def take(self):
        while True:
            try:
                self._lock(MAY_RENEW)
                break
            except (rados.ObjectBusy, rados.ObjectExists):
                if self.cancelled.wait(0.1):
                    raise Cancelled()
        try:
            highest = int(self.io.get_xattr(self.object, "number"))
        except (rados.NoData, rados.ObjectNotFound):
            highest = -1
        if self.number < highest:
            raise Refused("owner %d is older than %d" % (self.number, highest))
        if self.number > highest:
            self.io.set_xattr(self.object, "number", str(self.number).encode())
        if not self.thread.is_alive():
            self.thread.start()

    def _renew(self):
        while not self.stopping.wait(self.ttl / 3):
            with self.mutex:
                try:
                    # Never anew: one that has expired may have been another's meanwhile, and the number must be compared.
                    self._lock(MUST_RENEW)
                except rados.Error:
                    self.until = 0.0

    def check(self):
        """Before each step that changes something."""
        with self.mutex:
            if time.clock_gettime(time.CLOCK_BOOTTIME) > self.until - self.ttl / 5:
                self.take()

    def release(self):
        self.stopping.set()
        with self.mutex:
            try:
                self.io.unlock(self.object, "owner", self.cookie)
            except rados.Error:
                pass


class Agent:
    def __init__(self, given):
        self.given = given
        self.fs = None
        self.mounting = threading.Lock()
        options = {
            "log_file": "",
            "admin_socket": "",
            "client_mount_timeout": "10",
            "rados_osd_op_timeout": "60",
            "rados_mon_op_timeout": "60",
        }
        if given.get("keyring"):
            options["keyring"] = given["keyring"]
        self.cluster = rados.Rados(conffile=given["conf"], rados_id=given["user"], conf=options)
        self.cluster.connect(timeout=10)

    def volume(self):
        """CephFS below /volumes, mounted when a request first needs it.

        It stays mounted, because leaving waits for the metadata server's journal, up to 5 s after a change.
        """
        with self.mounting:
            if self.fs is None:
                fs = cephfs.LibCephFS(rados_inst=self.cluster)
                fs.init()
                fs.set_session_timeout(SESSION_TIMEOUT_S)
                fs.mount(mount_root=b"/volumes", filesystem_name=self.given["filesystem"].encode())
                self.fs = fs
            return self.fs

    def leave(self):
        """A client that ends without this keeps what it has looked at from everybody until its session times out."""
        if self.fs is not None:
            self.fs.shutdown()

    def run(self, step, cancelled):
        if step["do"] in ("mgr", "mon"):
            ask = self.cluster.mgr_command if step["do"] == "mgr" else self.cluster.mon_command
            return self._command(ask, step, cancelled)
        return getattr(self, "do_" + step["do"])(step)

    def _command(self, ask, step, cancelled):
        end = time.monotonic() + step.get("again_for_s", 0)
        while True:
            code, out, err = ask(json.dumps(step["command"]), b"")
            if code not in step.get("again", []) or time.monotonic() > end:
                return {"code": code, "out": out.decode(errors="replace"), "err": err}
            if cancelled.wait(0.2):
                raise Cancelled()

    # Records are symbolic links: made, replaced and read in one operation each, and without any data object.

    def do_link(self, step):
        fs, path = self.volume(), step["path"]
        aside = "%s/.%s" % (self._folder(path).rsplit("/", 1)[0], uuid.uuid4())
        fs.symlink(step["target"].encode(), aside.encode())
        fs.rename(aside.encode(), path.encode())
        return {"code": 0}

    def do_claim(self, step):
        """A link that is ours alone: fails when there is another, unless that one says `over`."""
        fs, path = self.volume(), step["path"]
        there = self._try(self._readlink, path)
        if there == step["target"]:
            return {"code": 0}
        if there is not None and there == step["over"]:
            fs.unlink(path.encode())
        self._folder(path)
        fs.symlink(step["target"].encode(), path.encode())
        return {"code": 0}

    def do_expect(self, step):
        """Ends the run unless the link is what the driver takes it for; null: unless there is none."""
        value = self._try(self._readlink, step["path"])
        return {"code": 0 if value == step["value"] else -errno.ESTALE, "value": value}

    def do_unlink(self, step):
        for path in step["paths"]:
            try:
                self.volume().unlink(path.encode())
            except cephfs.ObjectNotFound:
                pass
        return {"code": 0}

    def do_links(self, step):
        """Every link of a folder: name to target."""
        folder = step["path"]
        names = self._try(self._list, folder) or []
        return {"code": 0, "value": {name: self._try(self._readlink, "%s/%s" % (folder, name)) for name in names}}

    def do_readlink(self, step):
        return {"code": 0, "value": self._try(self._readlink, step["path"])}

    def _readlink(self, path):
        return self.volume().readlink(path.encode(), 4096).decode()

    def _folder(self, path):
        folder = path.rsplit("/", 1)[0]
        self.volume().mkdirs(folder.encode(), 0o700)
        return folder

    def do_list(self, step):
        return {"code": 0, "value": self._try(self._list, step["path"])}

    def do_list_each(self, step):
        """What is in `below` of everything in `path`: name to names."""
        names = self._try(self._list, step["path"]) or []
        each = lambda name: self._try(self._list, "%s/%s/%s" % (step["path"], name, step["below"]))
        return {"code": 0, "value": {name: each(name) or [] for name in names}}

    def _list(self, path):
        fs = self.volume()
        handle = fs.opendir(path.encode())
        try:
            names = []
            entry = fs.readdir(handle)
            while entry:
                names.append(entry.d_name.decode(errors="replace"))
                entry = fs.readdir(handle)
            return [name for name in names if name not in (".", "..")]
        finally:
            fs.closedir(handle)

    def do_sizes(self, step):
        """Recursive bytes of each directory, from its own inode: nothing below it is looked at."""
        return {"code": 0, "value": [self._try(self._size, path) for path in step["paths"]]}

    def _size(self, path):
        return int(self.volume().getxattr(path, "ceph.dir.rbytes"))

    @staticmethod
    def _try(ask, path):
        try:
            return ask(path)
        except (cephfs.ObjectNotFound, cephfs.NoData):
            return None
        except cephfs.OSError as error:
            # Something else than a directory where one is looked for.
            if error.errno == errno.ENOTDIR:
                return None
            raise


class Server:
    """Requests, each in a thread, on one connection that is made when the first needs it."""

    def __init__(self, given):
        self.given = given
        self.agent = None
        self.connecting = threading.Lock()
        self.printing = threading.Lock()
        self.running = {}

    def serve(self):
        for line in sys.stdin:
            asked = json.loads(line)
            if asked.get("cancel"):
                cancelled = self.running.get(asked["id"])
                if cancelled is not None:
                    cancelled.set()
                continue
            self.running[asked["id"]] = threading.Event()
            threading.Thread(target=self._answer, args=(asked,), daemon=True).start()
        # The driver has gone: whatever is under way stops before its next step.
        for cancelled in list(self.running.values()):
            cancelled.set()
        end = time.monotonic() + LEAVE_S
        while self.running and time.monotonic() < end:
            time.sleep(0.02)
        # Its default action ends the process, whatever holds the interpreter.
        signal.alarm(GONE_S)
        if self.agent is not None:
            self.agent.leave()

    def _answer(self, asked):
        try:
            answer = self._work(asked)
        except Refused as error:
            answer = {"failed": "fenced", "message": str(error)}
        except Cancelled:
            answer = {"failed": "cancelled", "message": "cancelled"}
        except Exception as error:  # whatever it is, the driver must hear of it
            answer = {"failed": "unexpected", "message": "%s: %s" % (type(error).__name__, error)}
        self.running.pop(asked["id"], None)
        with self.printing:
            print(json.dumps({**answer, "id": asked["id"]}), flush=True)

    def _work(self, asked):
        if rados is None:
            return {"failed": "modules", "message": missing}
        try:
            with self.connecting:
                if self.agent is None:
                    self.agent = Agent(self.given)
        except rados.Error as error:
            return {"failed": "unreachable", "message": "the Ceph cluster can't be reached: %s" % error}
        cancelled = self.running[asked["id"]]
        if not asked.get("fence"):
            return {"results": self._steps(asked["steps"], None, cancelled)}
        fence = Fence(self.agent.cluster, asked["fence"], cancelled)
        try:
            fence.take()
            return {"results": self._steps(asked["steps"], fence, cancelled)}
        finally:
            fence.release()

    def _steps(self, steps, fence, cancelled):
        results = []
        for step in steps:
            if cancelled.is_set():
                raise Cancelled()
            if fence is not None:
                fence.check()
            try:
                result = self.agent.run(step, cancelled)
            except (cephfs.OSError, cephfs.Error, rados.Error) as error:
                result = {"code": -(getattr(error, "errno", None) or errno.EIO), "out": "", "err": str(error)}
            results.append(result)
            if step.get("ok", [0]) != "any" and result["code"] not in step.get("ok", [0]):
                break
        return results


if __name__ == "__main__":
    try:
        Server(json.loads(sys.argv[1])).serve()
    finally:
        # A thread may hang in a library that is told to end.
        os._exit(0)
