"""The manifests are what Kubernetes and KubeRay take, by their schemas; no cluster runs here.

Of a RayCluster the envelope is held to a schema of ours, the pods in it to that of Kubernetes.
"""

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from cluster.command_line import grammar
from cluster.settings import ENVIRONMENT_PREFIX, Settings
from weft.limits import STOP_TIMEOUT_SECONDS

ROOT = Path(__file__).parents[2]
KUBERNETES = "1.31"
MANIFESTS: list[dict[str, Any]] = list(
    yaml.safe_load_all((ROOT / "deploy/kuberay/raycluster.yaml").read_text())
)
SCHEMA = json.loads((ROOT / "deploy/kuberay/raycluster.schema.json").read_text())
CLUSTER, SERVICE, BUDGET = MANIFESTS
HEAD = CLUSTER["spec"]["headGroupSpec"]["template"]
[MEMBERS] = CLUSTER["spec"]["workerGroupSpecs"]
WORKER = MEMBERS["template"]
TEMPLATES = {"head": HEAD, "worker": WORKER}
CONTAINERS = [*HEAD["spec"]["containers"], *WORKER["spec"]["containers"]]


def pod(template: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": "pod", **template["metadata"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def validate(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("manifest", [SERVICE, BUDGET], ids=lambda each: str(each["kind"]))
def test_what_kubernetes_knows_is_as_it_wants_it(manifest: dict[str, Any]) -> None:
    validate(manifest)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_pods_are_as_kubernetes_wants_them(name: str) -> None:
    validate(pod(TEMPLATES[name]))
    wrong = copy.deepcopy(pod(TEMPLATES[name]))
    wrong["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(wrong)


def test_the_cluster_is_as_kuberay_wants_it() -> None:
    jsonschema.validate(CLUSTER, SCHEMA)
    for path in ("headGroupSpec", "workerGroupSpecs"):
        wrong = copy.deepcopy(CLUSTER)
        wrong["spec"][path + "s"] = wrong["spec"].pop(path)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)


def test_ray_in_the_manifest_is_the_one_that_is_installed_in_the_image() -> None:
    [locked] = re.findall(r"^ray==([\d.]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert CLUSTER["spec"]["rayVersion"] == locked
    assert len({container["image"] for container in CONTAINERS}) == 1


def test_service_and_budget_find_the_pods_and_the_ports_they_have() -> None:
    labels = WORKER["metadata"]["labels"]
    for selector in (SERVICE["spec"]["selector"], BUDGET["spec"]["selector"]["matchLabels"]):
        assert selector.items() <= labels.items()
        assert not selector.items() <= HEAD["metadata"]["labels"].items()
    [worker] = WORKER["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in worker["ports"]}
    assert ports == {"sockets": Settings().ws_port, "http": Settings().http_port}
    assert {port["targetPort"]: port["port"] for port in SERVICE["spec"]["ports"]} == ports
    assert worker["readinessProbe"]["httpGet"]["port"] in ports
    assert BUDGET["spec"]["maxUnavailable"] < MEMBERS["minReplicas"]


def test_secrets_are_referred_to_and_never_written() -> None:
    asked = set()
    for container in CONTAINERS:
        for each in container["env"]:
            is_secret = re.search(r"TOKEN|KEY|SECRET|URL", each["name"]) is not None
            assert is_secret is ("valueFrom" in each), each["name"]
            if is_secret:
                assert each["valueFrom"]["secretKeyRef"]["name"] == "weft"
                asked.add(each["valueFrom"]["secretKeyRef"]["key"])
    redis = CLUSTER["spec"]["gcsFaultToleranceOptions"]["redisPassword"]
    asked.add(redis["valueFrom"]["secretKeyRef"]["key"])
    text = (ROOT / "deploy/kuberay/raycluster.yaml").read_text()
    assert set(re.findall(r"--from-literal=([\w-]+)=", text)) == asked


def test_commands_in_the_manifest_are_those_of_the_program() -> None:
    [weft] = [each for each in CONTAINERS if each["name"] == "weft"]
    [script] = weft["args"]
    words = script.partition(";")[0].split()
    assert words[0] == "weft"
    arguments = grammar().parse_args(words[1:])
    assert arguments.command == "up"
    assert arguments.ray_address == "auto"
    assert arguments.detach, "who edits does not end with the pod of Ray's head"
    settings = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.model_fields}
    named = {each["name"] for each in weft["env"] if each["name"].startswith("WEFT_")}
    assert named <= settings
    [worker] = WORKER["spec"]["containers"]
    hook = worker["lifecycle"]["preStop"]["exec"]["command"][-1]
    grammar().parse_args(hook.partition(";")[0].split()[1:])


@pytest.mark.parametrize("name", TEMPLATES)
def test_pods_have_no_rights_and_time_enough_to_stop(name: str) -> None:
    spec = TEMPLATES[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["terminationGracePeriodSeconds"] > 4 * STOP_TIMEOUT_SECONDS
    for container in spec["containers"]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert "memory" in container["resources"]["limits"]
