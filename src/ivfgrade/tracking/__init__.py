"""Files are the truth, MLflow is the view: what the stages wrote, made into runs to look at.

`live` shows a training while it runs. `receipt` records what a row of results consists of, `facts`
reads it, `send` brings it into MLflow: idempotent, so whatever a server missed is sent later.
Only this package imports mlflow, and only inside functions: nothing waits for it, and nothing
fails for want of it.
"""

from ivfgrade.tracking.live import live

__all__ = ["live"]
