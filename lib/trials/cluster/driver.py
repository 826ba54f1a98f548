"""Runs trials as tasks of a Ray cluster for the process that started this one: ray.ts, whose requests come by standard input.

Requests and answers are lines of JSON. Requests: {"run": id, "job": path, "sides": path, "cores": n, "gpus": n} and {"cancel": id}; the end
of the input cancels all. Answers: {"ready": {...}} or {"unreachable": text} first, then {"said": id, "line": {...}},
{"done": id, "file": path}, {"failed": id, "why": text, "user": bool}.
"""

import json
import os
import queue
import shutil
import signal
import socket
import sys
import threading

# an interrupt of the terminal is for the process that started this one, which says what to do
os.setsid()
signal.signal(signal.SIGINT, signal.SIG_IGN)

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy


class UserProblem(Exception):
    """What a person can mend: the sentence of a worker that ended with exit code 2."""


class ProcessDied(Exception):
    """A worker's process was ended by a signal: for want of memory, say. The trial is tried again."""


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Board:
    """What the workers say, until it is taken: where it dies another takes its place, and what was on it goes unsaid."""

    def __init__(self):
        self.lines = []

    def say(self, trial, line):
        self.lines.append((trial, line))

    def take(self):
        taken, self.lines = self.lines, []
        return taken


@ray.remote(max_retries=3, retry_exceptions=[ProcessDied])
def run_trial(board, trial, job, sides, settings):
    """Runs one trial by the project's own worker, on the node where Ray has put the task. Gives the bytes of its predictions' file."""
    import ctypes
    import fcntl
    import os
    import shutil
    import signal
    import socket
    import subprocess
    import tempfile

    import ray

    def take_cores(count):
        """As many cores of this node as the trial asks for, which no other trial has: a lock on a file for each. All where they are too few."""
        free, taken, locks = sorted(os.sched_getaffinity(0)), [], []
        for core in free:
            lock = open(os.path.join(tempfile.gettempdir(), f"kobert-core-{os.getuid()}-{core}.lock"), "w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            taken.append(core)
            locks.append(lock)
            if len(taken) == count:
                return taken, locks
        for lock in locks:
            lock.close()
        return free, []

    host = socket.gethostname()
    project = os.environ.get("KOBERT_PROJECT", settings["project"])
    worker = os.path.join(project, settings["worker"])
    if not os.path.exists(worker):
        raise UserProblem(
            f"On {host} there is no project in {project}. Every node needs it, in the same folder or where KOBERT_PROJECT says, "
            'with "deno task setup" done.'
        )
    places = [settings["deno"], shutil.which("deno"), os.path.join(project, ".venv", "bin", "deno")]
    deno = next((place for place in places if place and os.access(place, os.X_OK)), None)
    if deno is None:
        raise UserProblem(f'On {host} there is no Deno: put it on the path of Ray\'s workers, or run "deno task setup" there.')

    libc, die_with_parent = ctypes.CDLL(None), 1
    cores, locks = take_cores(settings["cores"])

    def prepare():
        # a worker that Ray kills takes its trial with it: nobody else may go on with that
        libc.prctl(die_with_parent, signal.SIGKILL)
        os.sched_setaffinity(0, cores)

    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        paths = [os.path.join(folder, name) for name in ("job.json", "sides.json", "predictions.safetensors")]
        for path, contents in zip(paths, (job, sides)):
            with open(path, "wb") as file:
                file.write(contents)
        try:
            child = subprocess.Popen(
                [deno, "run", "-A", "--no-check", worker, *paths],
                cwd=project,
                env={**settings["env"], **os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                preexec_fn=prepare,
                text=True,
            )
            said = None
            for line in child.stdout:
                if line.startswith("{"):
                    said = board.say.remote(trial, line)
            code = child.wait()
            if said is not None:
                # on the board before the trial counts as done
                ray.wait([said], timeout=10)
        finally:
            for lock in locks:
                lock.close()
        if code == 0:
            with open(paths[-1], "rb") as file:
                return file.read()
        errors.seek(0)
        text = errors.read().decode(errors="replace").strip()
    if code < 0:
        raise ProcessDied(f"The process of a trial on {host} was ended by signal {-code}.")
    if code == 2:
        raise UserProblem(f"On {host}: {text}")
    raise RuntimeError(f"A trial on {host} ended with exit code {code}: {text[-2000:]}")


# Ray prints to standard output now and then: answers have it to themselves
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def tell(answer):
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def connect(settings):
    """Joins the cluster, or makes one of this machine alone."""
    options = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": False}
    if settings["address"] == "local":
        asked = {"num_cpus": settings["workers"] * settings["cores"], "include_dashboard": False}
        if settings["gpus"] > 0:
            asked["num_gpus"] = settings["workers"] * settings["gpus"]
        ray.init(address="local", object_store_memory=256 * 2**20, **asked, **options)
        return
    # Ray itself tries for minutes where nobody answers
    host, _, port = settings["address"].rpartition(":")
    if host:
        socket.create_connection((host, int(port)), timeout=10).close()
    ray.init(address=settings["address"], **options)


def first_line(error):
    """What an exception of Ray's says, without its explanations."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].split('. ')[0].rstrip('.')}" if lines else type(error).__name__


def why(error):
    """The reason of a task's failure, and whether a person can mend it."""
    problem = getattr(error, "cause", None) or error
    if isinstance(problem, UserProblem):
        return str(problem), True
    if isinstance(problem, ProcessDied):
        return f"{problem} It was tried four times. See whether the node has the memory for it.", True
    if isinstance(error, ray.exceptions.RayTaskError):
        return str(problem), False
    return f"Ray gave a trial up: {first_line(error)}. What is done is kept; the same again goes on.", True


def read(path):
    with open(path, "rb") as file:
        return file.read()


def open_board():
    """A board on this node: another may go. It answers where the cluster lets this process in."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    board = Board.options(scheduling_strategy=here).remote()
    ray.get(board.take.remote())
    return board


def serve(settings, requests, board):
    """Does what is asked until the input ends."""
    running, songs = {}, {}

    def do(request):
        if "cancel" in request:
            for task in [task for task, asked in running.items() if asked["run"] == request["cancel"]]:
                ray.cancel(task, force=True)
                del running[task]
            return
        path, asked = request["sides"], {**settings, "cores": request["cores"]}
        if path not in songs:
            songs[path] = ray.put(read(path))
        task = run_trial.options(num_cpus=request["cores"], num_gpus=request["gpus"])
        running[task.remote(board, request["run"], read(request["job"]), songs[path], asked)] = request

    while True:
        try:
            request = requests.get(timeout=0.05 if running else None)
            while request is not None:
                do(request)
                request = requests.get_nowait()
            break
        except queue.Empty:
            pass
        if not running:
            continue
        ended, _ = ray.wait(list(running), timeout=0.2)
        for trial, line in ray.get(board.take.remote()):
            tell({"said": trial, "line": json.loads(line)})
        for task in ended:
            asked = running.pop(task)
            try:
                predictions = ray.get(task)
            except Exception as error:  # whatever a task, or Ray, throws
                text, user = why(error)
                tell({"failed": asked["run"], "why": text, "user": user})
                continue
            file = asked["job"] + ".safetensors"
            with open(file, "wb") as out:
                out.write(predictions)
            tell({"done": asked["run"], "file": file})
    for task in running:
        ray.cancel(task, force=True)


def main():
    settings = json.loads(sys.argv[1])
    requests = queue.Queue()

    def listen():
        for line in sys.stdin:
            requests.put(json.loads(line))
        requests.put(None)

    threading.Thread(target=listen, daemon=True).start()
    try:
        try:
            connect(settings)
            board = open_board()
        except Exception as error:  # whatever Ray throws
            tell({"unreachable": first_line(error)})
            sys.exit(1)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        most = {kind: max(node.get(kind, 0) for node in nodes) for kind in ("CPU", "GPU")}
        cpus = sum(node.get("CPU", 0) for node in nodes)
        tell({"ready": {"nodes": len(nodes), "cpus": cpus, "mostCpus": most["CPU"], "mostGpus": most["GPU"]}})
        serve(settings, requests, board)
        ray.shutdown()
    finally:
        shutil.rmtree(settings["folder"], ignore_errors=True)


main()
