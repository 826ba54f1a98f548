"""Executes notebooks with nbclient, for run.ts: a request as JSON in the first argument, events as JSON lines on standard output.

Beyond nbclient's own execution it
- has the kernel import its first module before the first cell, and waits for it (kernel.py sends it too, but cannot hold the cells back),
- keeps listening for a moment after a cell is done, and takes what still comes for earlier cells (Deno 2.8 and later send output late),
- writes the executed notebook whatever happens, also the partial one of a failure,
- passes an interrupt on to the kernel, so that a training can stop and save, and ends after that cell,
- ends the kernel when the process that started this one is gone (standard input closes).
"""

import asyncio
import contextlib
import json
import os
import queue
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, CellTimeoutError, DeadKernelError

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What Deno and TensorFlow always write.
NOISE = re.compile(r'"deno jupyter" is unstable|oneDNN|cpu_feature_guard|TF_ENABLE_ONEDNN')


def tell(event, **content):
    print(json.dumps({"event": event, **content}, ensure_ascii=False), flush=True)


class Interrupted(Exception):
    """Someone asked the run to end."""


class Client(NotebookClient):
    """nbclient that listens longer and tells what goes on."""

    def __init__(self, nb, settle, startup, **options):
        super().__init__(nb, **options)
        self.settle = settle
        self.startup = startup
        self.cell_of_message = {}
        self.interrupts = 0
        self.interrupted_at = float("-inf")
        self.running = None
        self.ended = None
        self.on_notebook_start = self.begins
        self.on_cell_start = lambda **_: self.raise_interrupt()
        self.on_cell_execute = self.starts

    async def begins(self, notebook):
        self.take_interrupts()
        if self.startup is not None:
            code = f"await import({json.dumps(self.startup)});"
            with contextlib.suppress(TimeoutError):  # the cells do without
                await self.kc.execute(code, silent=True, store_history=False, reply=True, timeout=60)

    def starts(self, cell, cell_index):
        self.running = cell_index
        tell("cell", cell=cell_index + 1, cells=len(self.nb.cells))

    def raise_interrupt(self):
        if self.interrupts:
            raise Interrupted()

    def take_interrupts(self):
        """In place of nbclient's own, which end the kernel at once."""

        def interrupt():
            # a group of processes is sent one signal, and those that hand signals on send it again
            now = time.monotonic()
            if now - self.interrupted_at < 1:
                return
            self.interrupted_at = now
            self.interrupts += 1
            if self.interrupts == 1:
                tell("interrupt")
                asyncio.ensure_future(self.km.interrupt_kernel())
            else:
                asyncio.ensure_future(self._async_cleanup_kernel())

        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
        except NotImplementedError:  # Windows
            pass

    async def _async_handle_timeout(self, timeout, cell=None):
        # A kernel that is stuck does not hear that it should end.
        self.shutdown_kernel = "immediate"
        return await super()._async_handle_timeout(timeout, cell)

    async def _async_check_alive(self):
        try:
            await super()._async_check_alive()
        except DeadKernelError:
            code = await self.km.provisioner.poll() if self.km and self.km.provisioner else None
            if code is not None:
                self.ended = f"with signal {-code}" if code < 0 else f"with exit code {code}"
            raise

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        self.cell_of_message[parent_msg_id] = (cell, cell_index)
        idle = False
        while True:
            try:
                msg = await self.kc.iopub_channel.get_msg(timeout=self.settle if idle else None)
            except queue.Empty:
                return
            parent = msg["parent_header"].get("msg_id")
            owner = self.cell_of_message.get(parent)
            if owner is None and msg["msg_type"] != "update_display_data":
                continue
            try:
                self.process_message(msg, *(owner or (cell, cell_index)))
            except CellExecutionComplete:
                idle = idle or parent == parent_msg_id

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] == "update_display_data":
            tell("progress", text=msg["content"]["data"].get("text/plain", ""))
        elif msg["msg_type"] == "stream":
            tell("stream", name=msg["content"]["name"], text=msg["content"]["text"])
        return super().process_message(msg, cell, cell_index)

    def output(self, outs, msg, display_id, cell_index):
        # Pieces of one stream are one output. (nbclient's coalesce_streams does it after the cell, when updates know outputs by place.)
        content = msg["content"]
        last = outs[-1] if outs else None
        if msg["msg_type"] == "stream" and not self.clear_before_next_output and last is not None:
            if last["output_type"] == "stream" and last["name"] == content["name"]:
                last["text"] += content["text"]
                return last
        return super().output(outs, msg, display_id, cell_index)


def failure(client, error, kernel_log):
    """What went wrong and where, as run.ts tells it."""
    index = client.running
    cell = client.nb.cells[index] if index is not None else None
    found = {
        "cell": None if index is None else index + 1,
        "executionCount": None if cell is None else cell.get("execution_count"),
        "source": "" if cell is None else cell.source,
        "name": type(error).__name__,
        "message": str(error),
        "details": "",
    }
    output = next((o for o in (cell or {}).get("outputs", []) if o["output_type"] == "error"), None)
    if isinstance(error, (Interrupted, KeyboardInterrupt)) or client.interrupts:
        found.update(name="Interrupted", message="The run was interrupted.")
    elif isinstance(error, CellTimeoutError):
        found.update(name="Timeout", message=f"The cell ran past its {client.timeout} s.")
    elif isinstance(error, DeadKernelError):
        log = [line for line in kernel_log().splitlines() if not NOISE.search(line)]
        how = client.ended or "without a word"
        memory = ": the system ended it, most likely for want of memory" if client.ended == "with signal 9" else ""
        found.update(name="DeadKernel", message=f"The kernel ended {how} while the cell ran{memory}.")
        found["details"] = "\n".join(log[-20:])
    elif isinstance(error, CellExecutionError) and output is not None:
        trace = ANSI.sub("", "\n".join(output["traceback"]))
        found.update(name=output["ename"], message=ANSI.sub("", output["evalue"]), details=trace)
    return found


def unfinished(nb):
    """The first cell (from 1) that should have run and has no number of its own, in order; None when all have."""
    expected = 0
    for index, cell in enumerate(nb.cells):
        if cell.cell_type == "code" and cell.source.strip():
            expected += 1
            if cell.get("execution_count") != expected:
                return index + 1
    return None


def strip(nb):
    """
    Leaves out what changes from run to run or from machine to machine without meaning. The language's version stays: the kernel is pinned, and
    JupyterLab writes it at every save.
    """
    kept = ("kernelspec", "language_info")
    nb.metadata = nbformat.from_dict({key: nb.metadata[key] for key in kept if key in nb.metadata})
    for cell in nb.cells:
        for key in ("execution", "collapsed", "scrolled", "ExecuteTime"):
            cell.metadata.pop(key, None)


def write(nb, path):
    """Writes whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    nbformat.write(nb, partial)
    os.replace(partial, path)


def execute(job, request):
    nb = nbformat.read(job["source"], as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = Client(
        nb,
        settle=request["settleMs"] / 1000,
        startup=request["startup"],
        kernel_name=request["kernel"],
        timeout=request["timeoutSeconds"],
        iopub_timeout=60,
        raise_on_iopub_timeout=True,
        record_timing=False,
        resources={"metadata": {"path": str(Path(job["source"]).parent)}},
    )
    error = None
    start = time.monotonic()
    with tempfile.TemporaryFile() as log:
        def kernel_log():
            log.seek(0)
            return log.read().decode(errors="replace")

        try:
            client.execute(env={**os.environ, **request["env"]}, stdout=log, stderr=log)
            missed = unfinished(nb)
            if missed is not None:
                client.running = missed - 1
                error = {**failure(client, RuntimeError(), kernel_log), "name": "Unfinished"}
                error["message"] = "The cell has no execution count of its own: its execution was not confirmed."
        except (Exception, KeyboardInterrupt, asyncio.CancelledError) as reason:  # the notebook is written, whatever it was
            error = failure(client, reason, kernel_log)
        finally:
            if request["strip"]:
                strip(nb)
            write(nb, job["output"] if error is None else job["partial"])
    tell("done", seconds=time.monotonic() - start, error=error)
    return error is None


def follow_parent():
    """Ends this process in order when the one that started it is gone."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main():
    request = json.loads(sys.argv[1])
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    threading.Thread(target=follow_parent, daemon=True).start()
    with tempfile.TemporaryDirectory() as runtime:
        # Connection files, elsewhere than in the home folder.
        os.environ["JUPYTER_RUNTIME_DIR"] = runtime
        for job in request["jobs"]:
            tell("notebook", source=job["source"])
            if not execute(job, request):
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
