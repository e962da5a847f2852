"""A ChatAgent with a retriever, for MLflow's own server: returns the trace that MLflow made of it,
as Databricks' serving exports it."""
import uuid

import mlflow
from mlflow.entities import Document, SpanType
from mlflow.pyfunc import ChatAgent
from mlflow.pyfunc.context import Context, set_prediction_context
from mlflow.tracing.export.inference_table import pop_trace
from mlflow.types.agent import ChatAgentMessage, ChatAgentResponse


@mlflow.trace(span_type=SpanType.RETRIEVER)
def find(question):
    number = "".join(letter for letter in question if letter.isdigit())
    text = f"The fee for product number {number} is {number} EUR."
    return [Document(page_content=text, metadata={"doc_uri": f"kb/{number}.md"}, id=f"doc-{number}")]


@mlflow.trace(span_type=SpanType.AGENT)
def answer_from(question):
    return find(question)


class Agent(ChatAgent):
    def predict(self, messages, context=None, custom_inputs=None):
        request = uuid.uuid4().hex
        with set_prediction_context(Context(request_id=request, is_evaluate=False)):
            found = answer_from(messages[-1].content)
        trace = pop_trace(request)
        answer = ChatAgentMessage(role="assistant", content=found[0].page_content, id=str(uuid.uuid4()))
        return ChatAgentResponse(messages=[answer], custom_outputs={"trace": trace})


mlflow.models.set_model(Agent())
