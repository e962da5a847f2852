"""Saves both agents as MLflow models, as a team would log them."""
import mlflow

for name in ["chat_agent", "responses_agent"]:
    mlflow.pyfunc.save_model(name, python_model=f"{name}.py", pip_requirements=[])
