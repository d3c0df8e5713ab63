"""How many numbers a file of weights has to hold, beside what the builder makes."""

from vzor.measure import measure
from vzor.measure.held import held
from vzor.zoo.index import ZOO, table


def test_numbers_that_a_file_has_to_hold() -> None:
    for name in ZOO:
        keeps, sheet = held(table(name)), measure(table(name))
        assert keeps.main == sheet.parameters + sheet.buffers, name
    for name in ("googlenet", "inception_v3", "resnet50", "vgg16", "nasnetamobile", "darknet19"):
        keeps, more = held(table(name)), held(table(name, classes=1007))
        assert (keeps.classes, more.classes) == (1000, 1007)
        assert more.main - keeps.main == 7 * keeps.each
        assert more.side - keeps.side == 7 * keeps.each_side
    assert held(table("googlenet")).side == measure(table("googlenet")).aux + 2 * 2 * 128
