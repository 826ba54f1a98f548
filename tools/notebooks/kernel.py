"""Starts the kernel: `kernel.py DENO STARTUP CONNECTION_FILE`. This process becomes Deno's kernel, so that signals reach it; another one that it
leaves behind has the kernel import the module STARTUP before the first cell, silently, and ends. Nothing holds the first cell back until then
(Deno's kernel takes no module to begin with): in JupyterLab a person's comes seconds later, and brings the same with lib/notebook; run.py, whose
cells come at once, sends the same work itself and waits.
"""

import json
import os
import sys

# before the kernel starts: what sends it its first work must be as quick as whoever sends it the first cell, also where a machine is busy
import zmq
from jupyter_client.session import Session


def run_first(connection_file, startup):
    """Sends the kernel its first work, and takes the answer: one request on the one socket that it needs, for Deno's kernel minds clients that go
    before they are answered."""
    with open(connection_file) as file:
        kernel = json.load(file)
    session = Session(key=kernel["key"].encode(), signature_scheme=kernel["signature_scheme"])
    code = f"await import({json.dumps(startup)});"
    content = {"code": code, "silent": True, "store_history": False, "allow_stdin": False, "stop_on_error": False}
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.reconnect_ivl = 5  # milliseconds, until the kernel listens
        socket.connect(f"{kernel['transport']}://{kernel['ip']}:{kernel['shell_port']}")
        session.send(socket, "execute_request", content)
        socket.poll(60_000)


def main():
    deno, startup, connection_file = sys.argv[1:]
    if hasattr(os, "fork"):
        child = os.fork()
        if child == 0:
            # not the kernel's child: nobody would wait for it; nor of its group: what stops the kernel is not for it
            os.setsid()
            if os.fork() == 0:
                try:
                    run_first(connection_file, startup)
                except BaseException:  # a kernel that ended, or is busy: the cells do without
                    pass
            os._exit(0)
        os.waitpid(child, 0)
    os.execv(deno, [deno, "jupyter", "--kernel", "--conn", connection_file])


if __name__ == "__main__":
    main()
