"""Which delivered cells figures are made of: where a form has rows for places, sexes or parts, a row of the whole beside them is
only compared with their sum, and a row of an area above the district adds nothing to it.
"""

from __future__ import annotations

import duckdb

from expectations.records import Catalog
from flows.warehouse import append

SUMMED = """
create or replace temp table divided(measure varchar, placed boolean, by_institution boolean, sexed boolean, parted boolean);
create or replace temp table ground(area varchar, whole boolean);
create or replace temp view summed as
select o.* from core_observations o join divided m using (measure) join ground g using (area)
where (not m.placed or o.institution <> '' or not g.whole) and (not m.sexed or o.sex <> 'total') and (not m.parted or o.part <> '')
"""


def view(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Make the view `summed`: every observation that a figure of the district, or of a part of it, is made of; and the table `divided`,
    by what each measure is divided.
    """
    con.execute(SUMMED)
    ground = [(catalog.district.code, True), *((area, False) for area in catalog.district.area_codes)]
    append(con, "ground", ground)
    divided = [
        (measure, form.by_area or form.by_institution, form.by_institution, form.by_sex, catalog.is_made_of_parts(form))
        for form in catalog.datasets.values()
        for measure in form.measures
    ]
    append(con, "divided", divided)
