"""How the demo is told."""

import io
from pathlib import Path

import pytest
import segno

from earnest.run.demo.outcome import Outcome, Payday, ProjectOutcome, Purse, Treasury
from earnest.run.demo.story import Coin, Story
from earnest.run.demo.tables import show_escrow, show_legs, show_paydays, show_treasury

PAY_URL = (
    "solana:9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu?amount=0.0735"
    "&reference=CrXvwTn4gYkQ2sLpZ8dJ6mHb1uRfE9oWcA7iNtV3xKjG&label=Earnest"
    "&message=Which%20photograph%20belongs%20on%20the%20cover%3F"
)


def outcome_of_one() -> Outcome:
    """A demo that paid one worker 0.0700 SOL."""
    outcome = Outcome(order={"amountMinor": "73500000", "feeMinor": "3500000"})
    outcome.payouts = [
        Payday("4mPwN6rGmXzvVt2L", "70000000", "SOL", "sig", "0", "70000000", "0", "0")
    ]
    outcome.treasury = Treasury(
        "9hSR6S7WPtGWBu", 90, "10003495000", "10003495000", "10000000000", "5000",
        "10003495000", "0",
    )  # fmt: skip
    with outcome.leg("vote"):
        pass
    return outcome


def test_state_words_stand_beside_their_coin(capsys: pytest.CaptureFixture[str]) -> None:
    """Shape, then words, then what it means; the second line is indented below."""
    Story().tell(". " + "word " * 30, coin=Coin.SEEN, words="Seen, not final")
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("  0:00  ◐ Seen, not final. word")
    assert rest
    assert all(line.startswith("        word") and len(line) <= 80 for line in rest)


def test_money_is_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """A figure and its unit stay on one line wherever the line is cut."""
    for length in range(50, 72):
        Story().tell("x" * length + " 0.1050\u00a0SOL")
    said = capsys.readouterr().out
    assert said.count("0.1050\u00a0SOL") == 22


def test_waiting_without_a_terminal_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A log gets one line for a wait, however often it moves."""
    with Story().waiting("32 blocks") as wait:
        for block in range(33):
            wait.update(Coin.SEEN, "Seen, not final", block, 32)
    assert capsys.readouterr().out == "  0:00  ◌ Waiting for 32 blocks.\n"


def test_qr_is_the_code_of_the_link(capsys: pytest.CaptureFixture[str]) -> None:
    """Every module that is drawn is the code's own, and the whole fits into 80 columns."""
    Story().qr(PAY_URL)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    width = max(map(len, lines)) - margin
    wanted = [list(map(bool, row)) for row in segno.make(PAY_URL, error="l").matrix_iter(border=2)]
    assert width == len(wanted[0])
    drawn: list[list[bool]] = []
    for line in lines:
        cells = line[margin:].ljust(width)
        # Without colours the light modules are drawn.
        drawn.append([cell not in "█▀" for cell in cells])
        drawn.append([cell not in "█▄" for cell in cells])
    assert drawn[: len(wanted)] == wanted


def test_checked_sum_is_closed_by_a_double_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """The treasury's table adds up on paper, in all nine places."""
    show_treasury(Story(), outcome_of_one())
    said = capsys.readouterr().out
    for figure in ("10.000000000", "+0.073500000", "\u22120.070000000", "\u22120.000005000"):
        assert f"{figure}\u00a0SOL" in said
    assert said.count("10.003495000\u00a0SOL") == 2
    assert said.rstrip().endswith("Ledger = chain.")
    assert said.count("═" * 58) == 1


def test_tables_fit(capsys: pytest.CaptureFixture[str]) -> None:
    """Who earned what, and how long it took, within 80 columns."""
    outcome = outcome_of_one()
    show_paydays(Story(), outcome, {outcome.payouts[0].address: "Autumn"})
    show_legs(Story(), outcome)
    said = capsys.readouterr().out
    assert "4mPw…Vt2L  Autumn  0.0700\u00a0SOL" in said
    assert "Seven votes" in said
    assert max(map(len, said.splitlines())) <= 80


def test_picture_asks_nobody_else(tmp_path: Path) -> None:
    """The SVG of a story names no font and no picture of another server."""
    story = Story(record=True)
    story.console.file = io.StringIO()
    story.tell(" and cannot be undone.", coin=Coin.FINAL, words="Final")
    story.save_picture(tmp_path / "demo.svg")
    svg = (tmp_path / "demo.svg").read_text(encoding="utf-8")
    assert "undone" in svg
    assert "@font-face" not in svg
    assert "url(http" not in svg


def test_report_is_written_whole(tmp_path: Path) -> None:
    """demo.json has the names that programs look for, and a leg that broke off is in it."""
    outcome = outcome_of_one()
    with pytest.raises(RuntimeError), outcome.leg("payout"):
        raise RuntimeError
    outcome.write(tmp_path / "demo.json")
    text = (tmp_path / "demo.json").read_text(encoding="utf-8")
    for name in ('"ok": false', '"legs"', '"payout"', '"amountMinor"', '"chainTx"', '"solvent"'):
        assert name in text
    assert [path.name for path in tmp_path.iterdir()] == ["demo.json"]


def test_the_escrow_adds_up_on_paper(capsys: pytest.CaptureFixture[str]) -> None:
    """What was locked is what was paid and given back, in all six places, over a double rule."""
    project = ProjectOutcome(
        contract="ST2FC7B8H6A404TAZ1Q0KWPYAYA5J476325GJ1BHC.escrow-multi-token",
        locked_minor="100000000", bond_minor="2500000", paid_minor="80000000",
        returned_minor="20000000", escrow_left_minor="0",
        purses=[Purse("Freelancer", "ST1VWXYZHWY", "5000000", "80000000", "1234", "84998766")],
    )  # fmt: skip
    show_escrow(Story(), Outcome(project=project))
    said = capsys.readouterr().out
    assert "The escrow, ST2F…1BHC" in said
    for figure in ("+100.000000", "+2.500000", "\u221280.000000", "\u221222.500000"):
        assert f"{figure}\u00a0STX" in said
    assert said.count("  0.000000\u00a0STX") == 2
    assert said.count("═" * 58) == 1
    assert "84.998766\u00a0STX" in said.splitlines()[-1]
    assert max(map(len, said.splitlines())) <= 80


def test_an_escrow_that_was_not_counted_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A story that broke off before its end tells no sums."""
    show_escrow(Story(), Outcome(project=ProjectOutcome(contract="ST1.escrow")))
    assert capsys.readouterr().out == ""
