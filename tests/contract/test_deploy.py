"""What `deploy/` renders to: valid for current Kubernetes, complete, and confined."""

import re

import kubernetes_validate
import pytest
import yaml

from composing import CHECKOUT
from deploying import DEPLOY, data_of, named, pods, rendered, secret_names
from matinee.serving.middleware.hosts import EXEMPT as ANSWERED_BY_ANY_NAME
from matinee.settings import Settings

VERSION = "1.37.0"
OVERLAYS = ("local", "production")
OWN = ("api", "migrate", "migrate-mlflow", "mlflow", "page")

AIRFLOW = ("apiServer", "scheduler", "dagProcessor", "migrateDatabaseJob")
"""Parts of Airflow's chart that run here."""

CHART_STARTS_UNASKED = ("createUserJob", "postgresql", "redis", "statsd", "triggerer")
"""Parts of it that are not wanted, and that it starts unless it is told not to."""

SIDECARS = ("scheduler", "dagProcessor")
"""Parts that get a container which deletes old logs unless it is told not to."""

CLOSED = {
    "mlflow": {"app.kubernetes.io/name": "mlflow", "app.kubernetes.io/part-of": "matinee"},
    "server of Airflow": {"tier": "airflow", "component": "api-server"},
    "scheduler of Airflow": {"tier": "airflow", "component": "scheduler"},
}
"""Labels of pods where nobody logs in."""

EXEMPT = {
    "home": "the images have it at /matinee, an empty folder of each pod",
    "host": "the images listen on every address of their pod",
    "api_port": "8000, in the Service `api`",
    "mlflow_port": "5000, in the Service `mlflow`",
    "airflow_port": "8080, in the Service of Airflow's chart",
    "ui_port": "8501, in the Service `page`",
    "postgres_port": "of the native PostgreSQL",
    "aside_days": "homes that were put aside by `matinee restore`, which is for one machine",
    "api_token": "in the Secret",
    "database_url": "in the Secret",
    "airflow_database_url": "Airflow's records are removed by its chart, as no pod of matinee has Airflow's command",
}
"""Settings that the ConfigMap does not pass, and why."""


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request, tmp_path_factory) -> list[dict]:
    return rendered(request.param, tmp_path_factory.mktemp("deploy"))


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> list[dict]:
    return rendered("local", tmp_path_factory.mktemp("deploy"))


def values(overlay_name: str) -> dict:
    """Values for Airflow's chart; the overlay's come last."""
    common = yaml.safe_load((DEPLOY / "airflow" / "values.yaml").read_text())
    return common | yaml.safe_load((DEPLOY / "overlays" / overlay_name / "airflow.yaml").read_text())


def test_every_object_is_valid_for_this_kubernetes(overlay):
    for each in overlay:
        kubernetes_validate.validate(each, VERSION, strict=True)


def test_a_fault_would_be_found(local):
    wrong = named(local, "Deployment", "api") | {"spec": {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_every_setting_is_passed_or_it_is_said_why_not(overlay):
    passed = data_of(named(overlay, "ConfigMap", "matinee"))
    wanted = {f"MATINEE_{name.upper()}" for name in Settings.model_fields.keys() - EXEMPT.keys()}
    assert {name for name in passed if name.startswith("MATINEE_")} == wanted
    assert Settings.model_fields.keys() >= EXEMPT.keys()


def test_every_secret_setting_is_a_key_of_the_secret():
    in_secret = {f"MATINEE_{name.upper()}" for name, why in EXEMPT.items() if why == "in the Secret"}
    assert in_secret == {name for name in secret_names(DEPLOY / "matinee.env.example") if name.startswith("MATINEE_")}


def test_what_is_passed_are_settings_that_load(overlay, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in data_of(named(overlay, "ConfigMap", "matinee")).items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=None)
    assert (settings.tasks, settings.api, settings.mlflow) == ("kubernetes", "http://api:8000", "http://mlflow:5000")
    assert {"api", "mlflow", "airflow-api-server"} <= settings.hosts


def test_everything_that_stays_is_in_the_object_storage(overlay):
    passed = data_of(named(overlay, "ConfigMap", "matinee"))
    assert passed["MATINEE_STORAGE"].startswith("s3://")
    (container,) = named(overlay, "Deployment", "mlflow")["spec"]["template"]["spec"]["containers"]
    own = {each["name"]: each.get("value") or each["valueFrom"] for each in container["env"]}
    assert own["MLFLOW_ARTIFACTS_DESTINATION"] == "$(MATINEE_STORAGE)/mlartifacts"
    assert own["MATINEE_STORAGE"] == {"configMapKeyRef": {"name": "matinee", "key": "MATINEE_STORAGE"}}


def test_tasks_run_the_image_of_the_migrations(overlay):
    template = named(overlay, "Job", "migrate")["spec"]["template"]
    image = data_of(named(overlay, "ConfigMap", "matinee"))["MATINEE_TASK_IMAGE"]
    assert image == template["spec"]["containers"][0]["image"]
    assert re.fullmatch(r"(registry\.example\.org/)?matinee-train:(local|0\.1\.0)", image)


@pytest.mark.parametrize("name", OVERLAYS)
def test_airflow_has_the_registry_and_tag_of_the_others(name, tmp_path):
    image = named(rendered(name, tmp_path), "Deployment", "api")["spec"]["template"]["spec"]["containers"][0]["image"]
    airflow = values(name)["images"]["airflow"]
    assert f"{airflow['repository']}:{airflow['tag']}" == image.replace("matinee-api", "matinee-airflow-kubernetes")


def test_every_container_is_confined_and_limited(overlay):
    for name, template in pods(overlay):
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        for container in spec["containers"]:
            confined = container["securityContext"]
            assert confined["readOnlyRootFilesystem"] is True, name
            assert confined["allowPrivilegeEscalation"] is False, name
            assert confined["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert container["resources"]["limits"]["memory"], name
            assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"], name  # noqa: S108  the images' HOME


def test_no_pod_sees_variables_that_kubernetes_makes_of_the_names_of_services(overlay):
    assert {template["spec"]["enableServiceLinks"] for _, template in pods(overlay)} == {False}


def test_no_pod_of_matinee_keeps_anything_on_a_disk_of_the_cluster(overlay):
    for name in OWN:
        template = next(found for each, found in pods(overlay) if each == name)
        assert {kind for volume in template["spec"]["volumes"] for kind in volume.keys() - {"name"}} == {"emptyDir"}


def test_the_api_never_has_fewer_pods_while_it_is_replaced(overlay):
    api = named(overlay, "Deployment", "api")["spec"]
    assert api["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert "replicas" not in api
    scaler = named(overlay, "HorizontalPodAutoscaler", "api")["spec"]
    assert scaler["scaleTargetRef"]["name"] == "api"
    assert scaler["minReplicas"] >= 2
    assert named(overlay, "PodDisruptionBudget", "api")["spec"]["maxUnavailable"] == 1
    keys = [each["topologyKey"] for each in api["template"]["spec"]["topologySpreadConstraints"]]
    assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]


def test_the_api_is_asked_whether_it_lives_and_whether_it_has_something_to_recommend(overlay):
    (container,) = named(overlay, "Deployment", "api")["spec"]["template"]["spec"]["containers"]
    asked = {probe: container[probe]["httpGet"]["path"] for probe in container if probe.endswith("Probe")}
    assert asked["readinessProbe"] == "/health/ready"
    assert asked["livenessProbe"] == asked["startupProbe"] == "/health/live"
    assert set(asked.values()) == ANSWERED_BY_ANY_NAME


def test_services_lead_to_the_ports_of_their_pods(overlay):
    templates = [template for _, template in pods(overlay)]
    for each in (each for each in overlay if each["kind"] == "Service"):
        selector = each["spec"]["selector"].items()
        (template,) = (found for found in templates if selector <= found["metadata"]["labels"].items())
        ports = {port["name"] for container in template["spec"]["containers"] for port in container["ports"]}
        assert each["spec"]["ports"][0]["targetPort"] in ports


def test_nothing_comes_in_unasked_and_everybody_reaches_api_and_page_only(overlay):
    policies = {each["metadata"]["name"]: each["spec"] for each in overlay if each["kind"] == "NetworkPolicy"}
    assert policies["nothing-comes-in"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert [name for name, policy in policies.items() if None in sources(policy)] == ["everybody-to-api-and-page"]
    (opened,) = policies["everybody-to-api-and-page"]["podSelector"]["matchExpressions"]
    assert opened["values"] == ["api", "page"]


@pytest.mark.parametrize("pod", CLOSED)
def test_airflow_and_mlflow_are_reached_by_named_pods_of_the_namespace_only(overlay, pod):
    policies = [each["spec"] for each in overlay if each["kind"] == "NetworkPolicy"]
    asked = [source for policy in policies if selects(policy, CLOSED[pod]) for source in sources(policy)]
    assert asked
    assert [source for source in asked if not names_pods(source)] == []


@pytest.mark.parametrize(
    "source",
    [
        None,
        {"ipBlock": {"cidr": "0.0.0.0/0"}},
        {"namespaceSelector": {}},
        {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "api"}}},
        {"podSelector": {}},
        {"podSelector": {"matchLabels": {}}},
        {"podSelector": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}},
    ],
)
def test_a_source_that_is_more_than_named_pods_of_the_namespace_would_be_found(source):
    assert not names_pods(source)


def sources(policy: dict) -> list[dict | None]:
    """Whom a NetworkPolicy lets in; None stands for everybody, which is what an empty `from` means too."""
    return [source for rule in policy.get("ingress", []) for source in rule.get("from") or [None]]


def names_pods(source: dict | None) -> bool:
    """Whether whom it lets in are pods of the namespace that it names by their labels."""
    if source is None or source.keys() != {"podSelector"}:
        return False
    expressions = source["podSelector"].get("matchExpressions", [])
    named_by = [source["podSelector"].get("matchLabels"), *(each["operator"] == "In" for each in expressions)]
    return any(named_by)


def selects(policy: dict, labels: dict[str, str]) -> bool:
    """Whether a NetworkPolicy is one for pods that have these labels."""
    selector = policy["podSelector"]
    expressions = selector.get("matchExpressions", [])
    assert {each["operator"] for each in expressions} <= {"In"}, "others are not looked at here"
    chosen = all(labels.get(each["key"]) in each["values"] for each in expressions)
    return chosen and selector.get("matchLabels", {}).items() <= labels.items()


def test_executors_of_spark_reach_the_pod_that_trains_and_nothing_else_does(overlay):
    policies = {each["metadata"]["name"]: each["spec"] for each in overlay if each["kind"] == "NetworkPolicy"}
    task, executor = {"app.kubernetes.io/name": "task"}, {"spark-role": "executor"}
    to_tasks = [each for each in policies.values() if each["podSelector"].get("matchLabels") == task]
    assert [each["ingress"] for each in to_tasks] == [[{"from": [{"podSelector": {"matchLabels": executor}}]}]]
    to_executors = policies["tasks-to-executors"]
    assert to_executors["podSelector"] == {"matchLabels": executor}
    assert [each["podSelector"]["matchLabels"] for each in to_executors["ingress"][0]["from"]] == [task, executor]


def test_airflow_may_start_and_watch_pods_and_look_into_none(overlay):
    rules = named(overlay, "Role", "airflow-tasks")["rules"]
    assert {resource for rule in rules for resource in rule["resources"]} == {"pods", "pods/log", "events"}
    (subject,) = named(overlay, "RoleBinding", "airflow-tasks")["subjects"]
    assert subject == {"kind": "ServiceAccount", "name": "airflow", "namespace": "matinee"}


@pytest.mark.parametrize("name", OVERLAYS)
def test_airflow_comes_with_the_accounts_settings_and_secrets_of_the_base(name):
    chart = values(name)
    assert [chart[each]["serviceAccount"] for each in AIRFLOW] == [{"create": False, "name": "airflow"}] * 4
    assert yaml.safe_load(chart["extraEnvFrom"]) == [
        {"configMapRef": {"name": "matinee"}},
        {"secretRef": {"name": "matinee"}},
    ]
    keys = secret_names(DEPLOY / "airflow.env.example")
    assert keys == ["connection", "fernet-key", "api-secret-key", "jwt-secret"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_part_of_airflow_is_one_that_is_named_here(name):
    chart = values(name)
    assert chart["executor"] == "LocalExecutor", "other executors start workers"
    assert {each for each, part in chart.items() if isinstance(part, dict) and "serviceAccount" in part} == set(AIRFLOW)
    for part in CHART_STARTS_UNASKED:
        assert chart[part]["enabled"] is False, part


@pytest.mark.parametrize("part", AIRFLOW)
@pytest.mark.parametrize("name", OVERLAYS)
def test_every_part_of_airflow_is_confined_and_limited(name, part):
    chart = values(name)
    pod, container = (chart["securityContexts"][each] for each in ("pod", "containers"))
    assert pod["runAsNonRoot"] is True
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["readOnlyRootFilesystem"] is True
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}
    # Values of a part, and the older `securityContext`, would take the place of these.
    assert not {"securityContext", "securityContexts"} & chart[part].keys()
    assert "securityContext" not in chart
    assert chart[part]["resources"]["requests"].keys() == {"cpu", "memory"}
    assert chart[part]["resources"]["limits"]["memory"]


@pytest.mark.parametrize("part", SIDECARS)
def test_no_part_of_airflow_has_a_sidecar_that_nobody_limits(part):
    assert values("local")[part]["logGroomerSidecar"]["enabled"] is False


def test_airflow_of_the_chart_is_the_pinned_one_and_finds_the_dags_of_the_image():
    chart = values("local")
    pinned = (CHECKOUT / "requirements" / "kubernetes.txt").read_text()
    assert f"apache-airflow=={chart['airflowVersion']} " in pinned
    assert "apache-airflow-providers-cncf-kubernetes==" in pinned
    (python,) = re.findall(r"ARG PYTHON_IMAGE=python:(3\.\d+)", (CHECKOUT / "Dockerfile").read_text())
    core = chart["config"]["core"]
    assert core["dags_folder"] == f"/opt/airflow/lib/python{python}/site-packages/matinee/dags"
    assert core["plugins_folder"] == f"{core['dags_folder']}/plugins"


def test_no_secret_is_committed():
    for path in DEPLOY.rglob("*"):
        if path.name.endswith(".env.example"):
            assert all(line.endswith("=") for line in path.read_text().splitlines() if not line.startswith("#")), path
        elif path.suffix == ".yaml":
            kinds = [each.get("kind") for each in yaml.safe_load_all(path.read_text()) if each]
            assert "Secret" not in kinds, path
