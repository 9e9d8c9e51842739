"""What the pod of every task is like: as confined as those of `deploy/base`, and with their settings and secrets."""

from typing import Any

from matinee.settings import Settings

MEMORY_GB = 4.0
"""What a pod may take when `MATINEE_MEMORY` does not say it."""


ADDRESS = {"name": "SPARK_LOCAL_HOSTNAME", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
"""What Spark's executors call the pod of a training by; nobody else can resolve the name of a pod, its default."""


def pod_template(settings: Settings) -> dict[str, Any]:
    """A pod of the service account `matinee`, which keeps nothing: its home is a folder that goes with it."""
    memory_gb = settings.memory or MEMORY_GB
    container = {
        "name": "base",
        # Addresses and secrets of the cluster.
        "envFrom": [{"configMapRef": {"name": "matinee"}}, {"secretRef": {"name": "matinee"}}],
        "env": [ADDRESS] if settings.trainer == "spark" else [],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "resources": {
            "requests": {"cpu": "500m", "memory": f"{min(1.0, memory_gb):g}G"},
            "limits": {"memory": f"{memory_gb:g}G"},
        },
        "volumeMounts": [{"name": "home", "mountPath": "/matinee"}, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108  HOME of the image
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": {"app.kubernetes.io/name": "task", "app.kubernetes.io/part-of": "matinee"}},
        "spec": {
            "serviceAccountName": "matinee",
            "automountServiceAccountToken": False,
            # Variables that Kubernetes makes of the names of services could be taken for settings.
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "runAsGroup": 1000,
                "fsGroup": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [{"name": "home", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
        },
    }
