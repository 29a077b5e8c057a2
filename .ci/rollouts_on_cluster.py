"""What `cluster` and `demo-cluster` share: kubectl, a controller process, namespaces with a Rollout in
them, and manifests."""
import atexit, concurrent.futures, http.client, json, os, pathlib, re, shlex, signal, subprocess, sys, tempfile, threading, time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = tempfile.mkdtemp(prefix="cluster-")
STARTED = []
# Whoever ends this by a signal wants what was started here to end too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
atexit.register(lambda: [c.process.kill() for c in STARTED if c.process.poll() is None])


def kubectl(*args, stdin=None, check=True):
    run = subprocess.run(["kubectl", *args], input=stdin, text=True, capture_output=True)
    if check and run.returncode:
        raise Failure(f"kubectl {' '.join(args)}: {run.stderr.strip()}")
    return run.stdout


class Failure(Exception):
    pass


def built(program):
    program = pathlib.Path(program).resolve()
    if not program.exists():
        sys.exit(f"no program at {program}: make build")
    return str(program)


def start_cluster():
    """Makes sure that KUBECONFIG names a cluster; answers the command that starts it again, None where it isn't ours."""
    if subprocess.run(["which", "kubectl"], capture_output=True).returncode:
        raise Failure("needs kubectl")
    if os.environ.get("KUBECONFIG"):
        return None
    up = ROOT.parent / "shared/cluster/up"
    if not up.exists():
        raise Failure("needs a Kubernetes API server, and none is named: KUBECONFIG=/path/to/kubeconfig.\n"
                      "One of kind, k3s or minikube will do; namespaces are made in it and removed.")
    print("Starting an API server with stand-in kubelets (some seconds; the first time it is unpacked)", flush=True)
    os.environ["CLUSTER_DIR"] = tempfile.mkdtemp(prefix="assay-cluster-")
    atexit.register(lambda: subprocess.run([up.with_name("down")], capture_output=True))
    run = subprocess.run([up], text=True, capture_output=True)
    if run.returncode:
        raise Failure(f"the API server doesn't start:\n{run.stderr.strip()}")
    os.environ["KUBECONFIG"] = run.stdout.strip()
    return str(up)


def serve(program):
    """`assay serve` over an empty store; answers its address."""
    server = subprocess.Popen([program, "serve", "--data", tempfile.mkdtemp(), "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    atexit.register(server.kill)
    for line in server.stderr:
        if match := re.search(r"http://\S+", line):
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return match[0]
    sys.exit("`assay serve` didn't start")


class Controller:
    """A controller process, whose metrics tell what it asked of the API server."""

    def __init__(self, command, name, prometheus, kubeconfig):
        self.name, self.log = name, open(f"{LOGS}/{name}-{len(STARTED)}.log", "w")
        self.port = None
        self.process = subprocess.Popen(
            shlex.split(command) + ["--listen", "127.0.0.1:0", "--identity", name, "--prometheus", prometheus,
                                    "--lease-namespace", "assay"],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "KUBECONFIG": kubeconfig})
        STARTED.append(self)
        self.leads = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        end = time.monotonic() + 30
        while self.port is None:
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure(f"controller {name} didn't start, see {self.log.name}")
            time.sleep(0.05)

    def lead(self):
        if not self.leads.wait(40):
            raise Failure(f"controller {self.name} doesn't lead, see {self.log.name}")
        return self

    def read(self):
        for line in self.process.stderr:
            self.log.write(line)
            self.log.flush()
            if match := re.search(r"listening at http://127.0.0.1:(\d+)", line):
                self.port = int(match[1])
            if line.rstrip().endswith(": leading"):
                self.leads.set()

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def calls(self):
        """Answers of the API server by kind and verb."""
        pattern = r'^controller_clientset_k8s_request_total\{kind="(\w+)",.*verb="(\w+)"\} (\d+)'
        calls = {}
        for kind, verb, count in re.findall(pattern, self.get("/metrics"), re.M):
            calls[verb, kind] = calls.get((verb, kind), 0) + int(count)
        return calls

    def passes(self):
        """How many passes over Rollouts, and their seconds."""
        text = self.get("/metrics")
        return tuple(sum(float(value) for value in re.findall(rf"^rollout_reconcile_{what}\{{.*\}} (\S+)", text, re.M))
                     for what in ("count", "sum"))

    def writes(self):
        return sum(count for (verb, kind), count in self.calls().items() if verb != "GET" and kind != "leases")

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self, sign=signal.SIGKILL):
        self.process.send_signal(sign)
        self.process.wait()


class Requests:
    """The API server through `kubectl proxy`, for what kubectl itself is too slow for."""

    def __init__(self):
        self.proxy = subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True)
        atexit.register(self.proxy.kill)
        self.port = int(re.search(r":(\d+)$", self.proxy.stdout.readline())[1])
        self.connections = threading.local()

    def send(self, method, path, body=None):
        if not hasattr(self.connections, "own"):
            self.connections.own = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        self.connections.own.request(method, path, json.dumps(body) if body else None, {"Content-Type": kind})
        answer = self.connections.own.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise Failure(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)


class Space:
    """A namespace with a Rollout in it."""

    def __init__(self, name):
        self.name = name
        kubectl("delete", "namespace", name, "--ignore-not-found")
        kubectl("create", "namespace", name)

    def __call__(self, *args, **more):
        return kubectl("-n", self.name, *args, **more)

    def apply(self, manifest):
        self("apply", "-f", "-", stdin=manifest)

    def get(self, *what):
        return json.loads(self("get", *what, "-o", "json"))

    def rollout(self, name="model"):
        return self.get("rollout", name)

    def status(self, name="model"):
        return self.rollout(name).get("status", {})

    def wait(self, what, condition, timeout=60):
        end = time.monotonic() + timeout
        value = None
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.1)
        status = self.status() if self("get", "rollout", "model", "--ignore-not-found") else {}
        raise Failure(f"waited {timeout} s for {what}; the rollout is {json.dumps(status)[:1500]}")

    def phase(self, phase, name="model", timeout=60, **more):
        def holds():
            rollout = self.rollout(name)
            status = rollout.get("status", {})
            if status.get("observedGeneration") != str(rollout["metadata"]["generation"]):
                return None
            return status.get("phase") == phase and all(status.get(k) == v for k, v in more.items()) and status
        return self.wait(f"{phase} {more or ''}", holds, timeout)

    def image(self, tag):
        self("patch", "rollout", "model", "--type", "json", "-p", json.dumps(
            [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": f"model:{tag}"}]))

    def spec(self, patch):
        self("patch", "rollout", "model", "--type", "merge", "-p", json.dumps({"spec": patch}))

    def set_status(self, patch):
        self("patch", "rollout", "model", "--type", "merge", "--subresource", "status",
             "-p", json.dumps({"status": patch}))

    def sets(self):
        """Pods asked for, by image tag, of ReplicaSets that Rollouts own."""
        return {item["spec"]["template"]["spec"]["containers"][0]["image"].split(":")[1]: item["spec"]["replicas"]
                for item in self.get("replicasets")["items"] if item["metadata"]["ownerReferences"][0]["kind"] == "Rollout"}

    def selected(self, service):
        hash = self.get("service", service)["spec"]["selector"].get("rollouts-pod-template-hash")
        for item in self.get("replicasets")["items"]:
            if item["metadata"]["labels"]["rollouts-pod-template-hash"] == hash:
                return item["spec"]["template"]["spec"]["containers"][0]["image"].split(":")[1]

    def events(self, reason):
        return [e["message"] for e in self.get("events")["items"] if e["reason"] == reason]

    def runs(self):
        return {r["metadata"]["name"]: r.get("status", {}).get("phase") for r in self.get("analysisruns")["items"]}


def account():
    """A kubeconfig of the controller's service account: it has the rights of deploy/rbac.yaml only."""
    kubectl("apply", "-f", str(ROOT / "deploy/namespace.yaml"))
    kubectl("-n", "assay", "apply", "-f", str(ROOT / "deploy/rbac.yaml"))
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    token = kubectl("-n", "assay", "create", "token", "assay-controller", "--duration", "6h").strip()
    config["users"][0]["user"] = {"token": token}
    path = pathlib.Path(LOGS, "account.json")
    path.write_text(json.dumps(config))
    return str(path)


def install(crds=ROOT / "deploy/crds"):
    """The CRDs that aren't there yet."""
    for path in sorted(pathlib.Path(crds).glob("*.yaml")):
        run = subprocess.run(["kubectl", "create", "--validate=false", "-f", str(path)], capture_output=True, text=True)
        if run.returncode and "AlreadyExists" not in run.stderr:
            raise Failure(run.stderr)
    for plural in ("rollouts", "analysisruns", "analysistemplates", "clusteranalysistemplates", "experiments"):
        established(f"{plural}.argoproj.io")


def established(crd):
    """Waits until a CRD is served. kubectl's own wait errs before there are conditions."""
    end = time.monotonic() + 30
    while True:
        conditions = json.loads(kubectl("get", "crd", crd, "-o", "json")).get("status", {}).get("conditions") or []
        if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
            return
        if time.monotonic() > end:
            raise Failure(f"{crd} isn't served")
        time.sleep(0.1)
