"""Runs command lines of a stock client, each in a fork of this process: as Debian's own script would, without its imports.

One line of JSON comes in for each: {"args", "env"}; one goes out: {"code", "out", "err"}.
"""
import importlib
import importlib.metadata
import json
import os
import sys
import tempfile
import time

module = importlib.import_module(sys.argv[1])
if sys.argv[1].startswith("openstack"):
    # What the command line would import when it is asked for.
    for plugin in ("keystoneauth1.loading", "osc_lib.command.command", "manilaclient.osc.plugin", "openstack"):
        importlib.import_module(plugin)
    # It loads all commands that there are for each that is run, of other services too.
    points = importlib.metadata.entry_points()
    for group in sorted(points.groups):
        if group.startswith("openstack."):
            for module_name in sorted({point.module for point in points.select(group=group)}):
                try:
                    importlib.import_module(module_name)
                except ImportError:
                    pass  # The client passes it over as well.

# They look every two or five seconds whether something is done.
sleep = time.sleep
time.sleep = lambda seconds: sleep(min(seconds, 0.5))


def child(asked, out, err):
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    os.environ.update(asked["env"])
    code = 1
    try:
        sys.argv = [sys.argv[1].split("client")[0]] + asked["args"]
        code = module.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) or end.code is None else 1
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException as error:
        print("%s: %s" % (type(error).__name__, error), file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)


for line in sys.stdin:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            child(json.loads(line), out, err)
        _, status = os.waitpid(pid, 0)
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode(errors="replace"))
    print(json.dumps({"code": os.waitstatus_to_exitcode(status), "out": said[0], "err": said[1]}), flush=True)
