"""A private Keystone of Debian's python3-keystone: makes its database, keys and first administrator when they are not there, then
serves on loopback until it is ended. One process does it all, because importing Keystone is most of what each
`keystone-manage` costs. Run by keystone.ts: `keystone-server.py DIR PORT`, with DIR/keystone.conf and DIR/admin-password there.
"""
import os
import socketserver
import sqlite3
import sys
import threading
from pathlib import Path
from wsgiref import simple_server

home, port = Path(sys.argv[1]), int(sys.argv[2])
# What the configuration does not know it would look for on the command line.
sys.argv = sys.argv[:1]
os.environ['OS_KEYSTONE_CONFIG_FILES'] = str(home / 'keystone.conf')

from cryptography.fernet import Fernet  # noqa: E402
from keystone.cmd.bootstrap import Bootstrapper  # noqa: E402
from keystone.common.sql import upgrades  # noqa: E402
from keystone.server import configure  # noqa: E402
from keystone.server.wsgi import initialize_public_application  # noqa: E402


def make_keys():
    """Keystone ends at once where there are none."""
    for place in ('fernet', 'credential'):
        (home / place).mkdir(mode=0o700, exist_ok=True)
        for name in ('0', '1'):
            key = home / place / name
            if not key.exists():
                key.write_bytes(Fernet.generate_key())


def make_database(url):
    """What a start that was killed has left is gone on with."""
    configure(config_files=[str(home / 'keystone.conf')])
    # Who reads keeps nobody from writing.
    sqlite3.connect(home / 'keystone.db').execute('pragma journal_mode=wal').close()
    upgrades.offline_sync_database_to_version()
    first = Bootstrapper()
    first.admin_password = (home / 'admin-password').read_text()
    first.admin_username = first.project_name = first.admin_role_name = 'admin'
    first.service_name = 'keystone'
    first.immutable_roles = True
    first.region_id = 'RegionOne'
    first.admin_url = first.public_url = first.internal_url = url
    first.bootstrap()


def one_by_one(application):
    """Two who write to one file at once would be refused."""
    turn = threading.Lock()

    def answer(environment, start_response):
        with turn:
            return list(application(environment, start_response))

    return answer


class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(simple_server.WSGIRequestHandler):
    def address_string(self):
        # No look-up of names.
        return self.client_address[0]

    def log_message(self, *_words):
        pass


make_keys()
made = home / 'made'
# In a process of its own: what makes the administrator and what serves can't be loaded into one.
child = 0 if made.exists() else os.fork()
if child == 0 and not made.exists():
    make_database('http://127.0.0.1:%d/v3' % port)
    made.touch()
    os._exit(0)
if child != 0 and os.waitpid(child, 0)[1] != 0:
    raise SystemExit('no database')
simple_server.make_server(
    '127.0.0.1', port, one_by_one(initialize_public_application()), Server, Handler
).serve_forever()
