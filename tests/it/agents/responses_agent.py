"""A ResponsesAgent with a retriever, for MLflow's own server: returns the trace that MLflow made of it,
as Databricks' serving exports it."""
import uuid
import mlflow
from mlflow.entities import Document, SpanType
from mlflow.pyfunc import ResponsesAgent
from mlflow.pyfunc.context import Context, set_prediction_context
from mlflow.tracing.export.inference_table import pop_trace
from mlflow.types.responses import ResponsesAgentResponse


@mlflow.trace(span_type=SpanType.RETRIEVER)
def find(question):
    number = "".join(letter for letter in question if letter.isdigit())
    text = f"The fee for product number {number} is {number} EUR."
    return [Document(page_content=text, metadata={"doc_uri": f"kb/{number}.md"}, id=f"doc-{number}")]


@mlflow.trace(span_type=SpanType.AGENT)
def answer_from(question):
    return find(question)[0].page_content


class Agent(ResponsesAgent):
    def predict(self, request):
        question = request.input[-1].content
        if not isinstance(question, str):
            question = question[-1]["text"]
        call = uuid.uuid4().hex
        with set_prediction_context(Context(request_id=call, is_evaluate=False)):
            text = answer_from(question)
        item = self.create_text_output_item(text=text, id="msg_1")
        return ResponsesAgentResponse(output=[item], custom_outputs={"trace": pop_trace(call)})


mlflow.models.set_model(Agent())
