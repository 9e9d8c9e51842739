"""Commands that measure matinee."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from matinee import logs
from matinee.bench.ending import end_what_was_started
from matinee.cli.printing import AsJson, print_json, print_result, stderr, stdout
from matinee.cli.root import MEASURE, app
from matinee.cli.settings import settings_of_command
from matinee.errors import UsageError

bench = typer.Typer(help="Measure matinee.", no_args_is_help=True, callback=end_what_was_started)
app.add_typer(bench, name="bench", rich_help_panel=MEASURE)


@bench.command()
def quality(
    split: Annotated[
        Path | None, typer.Option(help="Folder with a published split (train.csv, validation_*.csv).")
    ] = None,
    timeline: Annotated[
        str | None, typer.Option(help="Data set, by name or path, to retrain on period by period.")
    ] = None,
    retrains: Annotated[int, typer.Option(min=1, help="How many consecutive retrains of the timeline.")] = 22,
    cut: Annotated[
        float | None, typer.Option(min=0.1, max=0.99, help="Fit once, on this oldest share of the timeline's ratings.")
    ] = None,
    all_sets: Annotated[bool, typer.Option("--all", help="Compare on every data set in `--folder`.")] = False,
    folder: Annotated[Path, typer.Option(help="Folder with data sets, for `--all`.")] = Path("../shared/data"),
    as_json: AsJson = False,
) -> None:
    """Compare all models on a published split, on the timeline of a data set, or on many timelines."""
    if (split is not None) + (timeline is not None) + all_sets != 1:
        raise UsageError("Name one thing to measure on.", "Use --split FOLDER, --timeline DATA or --all.")
    if split is not None:
        result = _on_split(split)
    elif timeline is not None:
        result = _on_timeline(timeline, retrains, cut)
    else:
        result = _on_all(folder)
    if as_json:
        print_json(result)
        return
    for name, found in result.items():
        rows = found["rows"] if all_sets else found
        table = Table(*rows[0], title=name)
        for row in rows:
            table.add_row(*map(_cell, row.values()))
        stdout.print(table)


def _cell(value: Any) -> str:  # noqa: ANN401  whatever a row holds
    if isinstance(value, list):
        difference, low, high = value
        return f"{difference:+.4f} [{low:+.4f}, {high:+.4f}]"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _on_split(folder: Path) -> dict[str, Any]:
    from matinee.evaluation.published_split import split_quality

    return {**split_quality(folder)}


def _on_timeline(data: str, retrains: int, cut: float | None) -> dict[str, Any]:
    from matinee.evaluation.quality import at_cut, periods_to_test, timeline_quality
    from matinee.ratings.ledger.periods import replayed
    from matinee.ratings.sources.source import prepare

    settings = settings_of_command().model_copy(update={"data": data})
    source = prepare(settings)
    if cut is not None:
        tests = at_cut(source.ratings(), cut)
    else:
        tests = periods_to_test(source.ratings(), next(replayed(settings, source)).ends_at, settings.period, retrains)
    return timeline_quality(tests, source.movies()["movie_id"].to_list())


def _on_all(folder: Path) -> dict[str, Any]:
    from itertools import chain

    from matinee.evaluation.timelines import quality_of_all, timelines_of
    from matinee.ratings.sources.source import prepare

    sets = [each for each in sorted(folder.glob("*")) if any(each.glob("*ratings.*")) or (each / "u.data").exists()]
    if not sets:
        raise UsageError(f"There is no data set in {folder}.", "Name a folder of MovieLens sets with --folder.")
    sources = {each.name: prepare(settings_of_command().model_copy(update={"data": str(each)})) for each in sets}
    timelines = (
        timelines_of(name, source.ratings(), source.movies()["movie_id"].to_list(), 4.0)
        for name, source in sources.items()
    )
    return quality_of_all(chain.from_iterable(timelines))


@bench.command(name="watch")
def bench_watch(
    timeline: Annotated[str, typer.Option(help="Data set, by name or path, whose chunks are looked at in order.")],
    as_json: AsJson = False,
) -> None:
    """Count what the data watch would have said of every chunk of a data set, and tell each refusal's reasons."""
    from collections import Counter

    from matinee.bench.drift import verdicts

    found = list(verdicts(settings_of_command().model_copy(update={"data": timeline})))
    counts = Counter(each.verdict for each in found)
    refused = {each.chunk_id: each.reasons for each in found if each.verdict == "refused"}
    result = {"usual": counts["usual"], "drifted": counts["drifted"], "refused": counts["refused"], "reasons": refused}
    said = f"{len(found):,} chunks after the first: {counts['refused']} refused, {counts['drifted']} drifted."
    print_result(
        result, as_json, " ".join([said, *(f"Chunk {each}: {' '.join(why)}" for each, why in refused.items())])
    )


@bench.command()
def serving(
    sizes: Annotated[str, typer.Option(help="Sizes, with commas: small, ml-100k, ml-20m, ml-20m-128, large.")] = (
        "ml-100k,ml-20m"
    ),
    kinds: Annotated[str, typer.Option(help="Kinds of model, with commas: blend (the default), factors, …")] = (
        "blend,factors,item_item,popularity"
    ),
    seconds: Annotated[float, typer.Option(min=1, help="How long each load lasts.")] = 10,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of the server.")] = 2,
    models: Annotated[
        Path | None, typer.Option(help="Folder in which the models are kept: a large one takes minutes to fit.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure requests per second, latencies, swaps and memory of the API server; needs wrk.

    To try it: `matinee bench serving --sizes small --kinds blend --seconds 1`.
    """
    from matinee.bench.served_models import KINDS
    from matinee.bench.serving import Wanted, measure
    from matinee.bench.synthetic import SIZES

    names, wanted = sizes.split(","), Wanted(kinds.split(","), seconds, workers)
    if unknown := set(names) - SIZES.keys():
        raise UsageError(f"There is no size {min(unknown)!r}.", f"Choose among {', '.join(SIZES)}.")
    if unknown := set(wanted.kinds) - set(KINDS):
        raise UsageError(f"There is no kind {min(unknown)!r}.", f"Choose among {', '.join(KINDS)}.")
    logs.configure()
    result = measure(names, wanted, models)
    if as_json:
        print_json(result)
        return
    for name, figures in result.items():
        table = Table("figure", *figures, title=name)
        columns = [dict(_flat(each)) for each in figures.values()]
        for figure in columns[0]:
            table.add_row(figure, *(_number(column[figure]) for column in columns))
        stdout.print(table)


def _number(value: float) -> str:
    return f"{value:,.3g}" if value < 100 else f"{value:,.0f}"


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


@bench.command(
    name="data",
    epilog="Example: `matinee bench data /tmp/big --shape ml-20m`, then `MATINEE_DATA=/tmp/big/ratings.parquet`.",
)
def bench_data(
    folder: Annotated[Path, typer.Argument(help="Folder for ratings.parquet and movies.parquet.")],
    shape: Annotated[
        str, typer.Option(help="ml-100k, ml-1m, ml-20m, ml-25m, ml-32m, or a factor of ml-20m such as 0.25.")
    ] = "ml-20m",
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Write ratings of any size that nobody gave, with power laws, tastes and sittings, to measure matinee on."""
    from matinee.bench.data import shape_of, write

    with stderr.status(f"Drawing ratings of the shape {shape} …"):
        ratings, movies = write(shape_of(shape), folder, seed)
    result = {"ratings": str(ratings), "movies": str(movies), "size_bytes": ratings.stat().st_size}
    print_result(result, as_json, f"Set MATINEE_DATA={ratings} and MATINEE_MOVIES={movies}.")


@bench.command(name="gate")
def bench_gate(
    data: Annotated[str, typer.Option(help="Data sets, by name or path, with commas.")] = "ml-100k",
    short: Annotated[bool, typer.Option("--short", help="Fewer histories, days and algorithms.")] = False,
    sample_above: Annotated[
        int | None, typer.Option(min=1, help="Of more ratings, a sample of the people is asked; default as in a home.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how often the gate errs, how long it takes, and which broken models it refuses."""
    from matinee.bench.gate import measure
    from matinee.evaluation.sample import MOST_RATINGS

    logs.configure()
    result = measure(settings_of_command(), data.split(","), short=short, most_refitted=sample_above or MOST_RATINGS)
    if as_json:
        print_json(result)
        return
    sabotage = result.pop("sabotage")
    rates = Table("figure", "value", title="error rates")
    for figure, value in _flat({name: value for name, value in result.items() if name != "pairs"}):
        rates.add_row(figure, str(value))
    broken = Table("what is broken", "refused", "days", "watch warns", title="sabotage")
    for name, found in sabotage.items():
        warned = f"{found['warned']:.0%}" if "warned" in found else "–"
        broken.add_row(name, f"{found['refused']:.0%}", str(found["days"]), warned)
    stdout.print(rates, broken)


@bench.command()
def train(
    shapes: Annotated[
        str, typer.Option(help="Shapes of `bench data`, with commas: ml-100k, ml-20m, ml-32m, or factors of ml-20m.")
    ] = "ml-100k,ml-20m,ml-32m",
    spark: Annotated[
        str | None, typer.Option(help="Spark master, such as `local[*]`, to fit with beside one process.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="SVG file for the stages over the number of ratings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the first model and the next day, time and memory, with the real Airflow, MLflow and API server."""
    from matinee.bench.train import draw, measure

    logs.configure()
    result = measure(shapes.split(","), spark)
    if plot is not None:
        draw(result, plot)
    if as_json:
        print_json(result)
        return
    for name, figures in result.items():
        table = Table("figure", "value", title=name)
        for figure, value in figures.items():
            if figure != "stages":
                table.add_row(figure, f"{value:,.2f}")
        for day, stages in figures["stages"].items():
            for stage, found in stages.items():
                table.add_row(f"{day}: {stage}", f"{found['s']:,.1f} s, {found['peak_gb']:.2f} GB")
        stdout.print(table)


@bench.command(name="spark")
def bench_spark(
    split: Annotated[Path, typer.Option(help="Folder with a published split (train.csv, validation_*.csv).")],
    master: Annotated[str, typer.Option(help="Spark master, such as `local[*]`.")] = "local[*]",
    as_json: AsJson = False,
) -> None:
    """Compare models that Spark has computed with those of one process, on a published split.

    Exit code 1 when a pair is further apart than .01 in NDCG@100.
    """
    from matinee.bench.spark import NDCG_WITHIN, beside_one_process, far_apart

    logs.configure()
    with stderr.status("Fitting here and there …"):
        rows = beside_one_process(split, master)
    if as_json:
        print_json({"rows": rows})
    else:
        table = Table(*rows[0], title="rows")
        for row in rows:
            table.add_row(*map(_cell, row.values()))
        stdout.print(table)
    if apart := far_apart(rows):
        stderr.print(f"Not reached: NDCG@100 within {NDCG_WITHIN} of one process ({', '.join(apart)}).")
        raise typer.Exit(1)
