"""Bundles as versions of a registered model: who is champion, and its answers over HTTP and Spark.

Only this package and `tracking` import mlflow, and only inside functions; but `served` runs inside
MLflow.
"""
