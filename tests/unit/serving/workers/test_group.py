"""Messages between workers whose handler raises."""

import asyncio

from matinee.serving.workers.group import PROBLEM, SingleWorker


def test_a_handler_that_raises_answers_with_its_problem_and_handles_what_comes_next():
    async def handle(message):
        if "swap" in message:
            raise RuntimeError("nobody expected this")
        return {"heard": message}

    async def ask():
        worker = SingleWorker()
        await worker.listen(handle)
        return [await worker.ask(message) for message in ({"swap": "4"}, {"ping": "1"})]

    assert asyncio.run(ask()) == [[{PROBLEM: "RuntimeError: nobody expected this"}], [{"heard": {"ping": "1"}}]]
