"""Text stays what it is."""

from matinee.ui.parts.markdown import escaped


def test_text_means_nothing_to_markdown():
    assert escaped("M*A*S*H [1] $9 :red[x] <b>") == r"M\*A\*S\*H \[1\] \$9 \:red\[x\] \<b\>"
    assert escaped("Cité 시네마") == "Cité 시네마"
