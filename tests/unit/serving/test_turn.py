import asyncio

from matinee.serving.turn import Turn


def test_the_first_of_each_turn_is_told_from_the_others():
    async def turns() -> None:
        turn = Turn()

        async def asks() -> list[bool]:
            return [turn.begins(), turn.begins()]

        for _ in range(3):
            assert await asyncio.gather(asks(), asks()) == [[True, False], [False, False]]
            await asyncio.sleep(0)

    asyncio.run(turns())
