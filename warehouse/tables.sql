-- The warehouse: the contract between the stages. Everything here can be rebuilt from raw/.
-- raw_<dataset> tables are created by the ingest stage: one text column per delivered column, plus delivery, line and row
-- (a line of a wide file, with a column for women and one for men, is several rows).
-- stg_<dataset> has the same rows with codes for places, sexes, parts of dimensions and stages, and figures as plain digits in agreed units.

-- What the register of a data year says of the year as a whole.
create table meta_register (
    district  varchar not null,
    year      integer primary key,
    simulated boolean not null,
    note      varchar not null,
    locked    date not null,
    published date not null
);

-- Delivery (报送): a file that was received; one row each, and one (file null, status missing) per file that was due and did not come.
create table meta_deliveries (
    delivery    varchar primary key,   -- <year>/<dataset>[@department]/v<n>
    district    varchar not null,
    year        integer not null,      -- data year
    dataset     varchar not null,
    department  varchar not null,      -- key of the department
    file        varchar,               -- path below raw/<district>/
    sha256      varchar,
    sheet       varchar,               -- worksheet, null in a text file
    encoding    varchar,               -- utf-8 | gb18030 | utf-16 | xlsx | xls
    evidence    varchar,               -- Chinese: how the encoding was decided, over the whole file
    received    date,
    due         date not null,
    version     integer,
    reason      varchar,               -- why it was sent again, or after the lock
    simulated   boolean,               -- as its register says of it, or else of the year; null where no register can be read
    status      varchar not null       -- accepted | partial (cells rejected, a row absent, or a ratio that cannot be) | refused | superseded | missing
        check (status in ('accepted', 'partial', 'refused', 'superseded', 'missing')),
    rows_in     integer not null default 0,
    cells_in    integer not null default 0,   -- rows_in × columns of figures: what must be accounted for
    observations integer not null default 0,
    rejections  integer not null default 0,   -- cells_in = observations + rejections, checked by every run
    unfilled    integer not null default 0    -- those of the observations that were left without a figure (flows/cells.py)
);

-- What came after the lock of the year that the run is of, and the decision to use it; without one it is used nowhere.
create table meta_late (
    year       integer not null,       -- data year
    dataset    varchar not null,
    department varchar not null,
    received   date not null,
    decided_by varchar,                -- null: not used
    decided_on date,
    why        varchar,
    file       varchar                 -- as in meta_deliveries
);

-- An entry of a register, or its file, that is not as it was filed (flows/ingest/filed.py): changed, put in or taken out by hand.
create table meta_unfiled (
    year       integer not null,       -- data year
    form       varchar not null,       -- <year>/<dataset>[@department]; of an entry whose form was changed, the form as it is now
    file       varchar not null,
    kind       varchar not null check (kind in ('changed', 'appeared', 'gone', 'file')),  -- file: only its bytes
    was        varchar,                -- sha256 as filed
    now        varchar,                -- … as the register has it
    keys       varchar not null,       -- what of the entry is different
    since      integer,                -- number of the event that first tells of it
    filed_on   date,
    filed_by   varchar,                -- account
    explained  varchar,                -- why, by whom it was explained and when; null where nobody has
    filed      varchar not null        -- sha256 of the form's files as they were filed, the newest last, joined by a space
);

-- The columns of a delivered file that are used, and how their figures were converted: once, here.
create table meta_columns (
    delivery varchar not null,
    position integer not null,         -- column of the file, 1-based
    printed  varchar not null,         -- as printed; the lines of a header of several lines joined by /
    header   varchar not null,         -- the record's name for it (@item, @value, @unit: figures one below the other)
    measure  varchar,
    sex      varchar not null,         -- where the header names one, else ''
    part     varchar not null default '',  -- … a part of the form's dimension (城市, 农村)
    unit     varchar,                  -- as the file states it; null where it states none
    factor   decimal(24, 10) not null  -- what one of it is in the agreed unit
);

-- Cells read otherwise than they were written (expectations/corrections), and why some were not.
create table meta_corrections (
    delivery varchar not null,
    line     integer not null,
    column_name varchar not null,      -- as the correction names it
    old      varchar not null,         -- what the file was expected to say
    new      varchar not null,
    reason   varchar not null,
    person   varchar not null,         -- who answers for it
    until    date not null,
    state    varchar not null check (state in ('applied', 'mended', 'elsewhere', 'several', 'expired'))
);

-- What the contract gate found unusable: rows (measure null) and cells.
create table core_unusable (
    delivery varchar not null,
    row      integer not null,         -- of stg_<dataset>
    measure  varchar,
    rule     varchar not null,
    message  varchar not null
);

-- Observation (基础数据): one number of one delivery, tidy, in base units. A cell without a number has a state instead, never 0.
create table core_observations (
    district varchar not null,
    year     integer not null,
    area     varchar not null,         -- area code; the district's own code for district-wide figures
    institution varchar not null default '',  -- '' where none
    sex      varchar not null check (sex in ('female', 'male', 'not_stated', 'total')),
    part     varchar not null default '',  -- part of a dimension (expectations/dimensions.yml: rural), '' for all
    measure  varchar not null,         -- a measure, or an indicator's id where it is delivered ready-made
    value    decimal(24, 6),
    state    varchar not null check (state in ('ok', 'not_received', 'not_applicable',
                                               'suppressed')),  -- in the public copy: there, and not told
    delivery varchar not null,
    line     integer not null,         -- physical line of the file, 1-based
    check ((value is null) = (state <> 'ok'))
);

-- Released figure (已发布数据): what the edition of an area of the district says of an indicator; a city reads them.
create table core_released (
    year      integer not null,
    area      varchar not null,
    sex       varchar not null check (sex in ('female', 'male', 'not_stated', 'total')),
    indicator varchar not null,        -- also one that no plan of the district names
    makeup    varchar not null check (makeup in ('numerator', 'denominator', 'value')),
    value     decimal(24, 6),
    state     varchar not null check (state in ('ok', 'not_received', 'not_applicable', 'rejected', 'not_published', 'not_entered',
                                                'not_summed', 'suppressed')),  -- as of out_indicators
    delivery  varchar not null,
    line      integer not null,
    primary key (indicator, year, area, sex, makeup),
    check ((value is null) = (state <> 'ok'))
);

-- Figure of an area above the district (上级对比数据), as somebody entered it from a bulletin: kept apart from the district's own.
create table core_above (
    year      integer not null,
    area      varchar not null,        -- of the district's references (120000, 100000)
    indicator varchar not null,
    value     double,                  -- in the indicator's unit
    decimals  integer,                 -- with which it was published; null where its unit was another one
    state     varchar not null check (state in ('ok', 'not_received', 'not_applicable')),
    agreement varchar not null,        -- 一致, or in which way its definition is another one; empty where nothing was published
    source    varchar not null,
    issued    date,
    delivery  varchar not null,
    line      integer not null,
    check ((value is null) = (state <> 'ok'))
);

-- What the source of a published figure itself says of it: the base of a change need not have been published. Of the whole district
-- and both sexes, beside a figure that is used.
create table core_stated (
    indicator varchar not null,
    part      varchar not null default '',  -- part of a dimension that the figure is of
    year      integer not null,        -- data year of the figure
    kind      varchar not null check (kind in ('previous', 'baseline', 'since', 'source')),
                                       -- change on the year before | on the plan's baseline | first year that met the target |
                                       -- where the figure stands in print
    value     decimal(24, 6),          -- in the indicator's unit, in % where relative; a year; null: 基本持平, or a source
    relative  boolean not null,        -- the change is one in % of the earlier value
    printed   varchar not null,        -- as the file has it
    delivery  varchar not null,
    line      integer not null,
    primary key (indicator, part, year, kind)
);

-- Rejection (不予采用的数据): a cell that was received and cannot be used.
create table core_rejections (
    delivery varchar not null,
    line     integer not null,
    column_name varchar not null,      -- as printed in the file
    measure  varchar,
    area     varchar,                  -- where known
    institution varchar,               -- '' where none; null where not known
    sex      varchar,
    part     varchar,
    value    varchar,                  -- as written
    rule     varchar not null,
    message  varchar not null          -- Chinese: what was expected and how to mend it
);

-- The district's figures that are taken from its own rows, since a row of no known place stands beside those of its places: by
-- measure, what the row has beyond all that is known below it (flows/compute.py).
create table core_own_rows (
    indicator varchar not null,
    since    integer not null,         -- of the definition
    year     integer not null,
    measure  varchar not null,
    sex      varchar not null,
    part     varchar not null,
    beyond   double                    -- null where a figure below it cannot be read
);

-- Statement (进展说明): a department's answer to an evidence target.
create table core_statements (
    district varchar not null,
    year     integer not null,
    target   varchar not null,
    stage    varchar not null check (stage in ('carried_out', 'in_progress', 'not_started')),
    text     varchar not null,
    source   varchar not null,
    delivery varchar not null,
    line     integer not null
);

-- Returned sheet (答复表): a ledger or a feedback sheet that a department sent back; one row a version. The newest version that says
-- something in a place is the department's word there: a row that was left open takes nothing back.
create table meta_replies (
    delivery   varchar primary key,    -- <year>/<sheet>@<department>/v<n>
    year       integer not null,       -- data year whose report or deliveries it is about
    sheet      varchar not null check (sheet in ('ledger', 'feedback')),
    department varchar not null,
    file       varchar not null,       -- path below raw/<district>/
    sha256     varchar,                -- null if the file could not be read
    received   date not null,
    due        date not null,          -- 成文日期 of the year's report and the days of the policy
    version    integer not null,
    reason     varchar,
    status     varchar not null check (status in ('accepted', 'partial', 'refused')),
    rows_in    integer not null default 0,
    replies    integer not null default 0,
    blank      integer not null default 0,     -- rows that were left open
    rejected   integer not null default 0      -- rows_in = replies + blank + rejected, checked by every run
);

-- Reply (部门答复): what a department answers to a warning of a report or to a finding about its files; every version has its own.
create table core_replies (
    year       integer not null,       -- data year of the warning or the finding
    department varchar not null,
    target     varchar,                -- of a warning, with its kind
    kind       varchar check (kind in ('miss', 'swing')),
    finding    varchar,                -- of a finding: its number on the feedback sheet
    state      varchar check (state in ('waiting', 'underway', 'done', 'undone')),  -- of a warning
    cause      varchar,                -- why it is so, or what explains the figure
    steps      varchar,                -- what the department does about it
    until      date,                   -- by when it will be done, as the department says
    evidence   varchar,                -- what was done, with its source
    objection  varchar,
    person     varchar,                -- who filled it in
    said       date,                   -- and when
    delivery   varchar not null,
    line       integer not null,
    check ((target is null) = (kind is null) and (target is null) <> (finding is null))
);

-- Finding (核查结果): what a check found.
create table out_findings (
    gate     varchar not null check (gate in ('file', 'contract', 'plausibility', 'plan')),
    severity varchar not null check (severity in ('critical', 'warning', 'info')),
    rule     varchar not null,         -- a rule of expectations/checks.yml, or of the reader (title_rows, encoding …)
    dataset  varchar, department varchar, delivery varchar,
    file     varchar,                  -- path below raw/<district>/
    sheet    varchar,                  -- worksheet, null in a text file
    line     integer,                  -- physical line, or row of the worksheet, 1-based
    position integer,                  -- column of the file, 1-based
    column_name varchar,               -- as printed in the file
    year     integer, area varchar, institution varchar, sex varchar, part varchar,
    measure  varchar, indicator varchar, target varchar,
    value    varchar,                  -- as written
    previous varchar,                  -- the same figure a year before, in the unit of the column; null where unknown
    expected varchar not null,
    said     varchar,                  -- Chinese: what is wrong with it, in the numbers of its sender's form, without where and cure;
                                       -- null where `expected` says it
    message  varchar not null,         -- Chinese, whole: file, line, column, value, expected, cure
    cure     varchar not null,
    times    integer,                  -- of one that stands for many of a check that are not told one by one: how many; else null
    override varchar                   -- why it need not be answered, by whom and until when; null where it must be
);

-- out_answer_findings, what was found in the sheets of answers that departments sent back, is the same table under its own name
-- (flows/warehouse.py): faults of an answer are none of the data.

-- What was checked, failed or not: one row a check of a suite.
create table out_checks (
    gate     varchar not null check (gate in ('contract', 'plausibility', 'plan')),
    suite    varchar not null,         -- the dataset's key; '' for checks across datasets; the plan's key
    rule     varchar not null,         -- of expectations/checks.yml
    subject  varchar not null,         -- what is looked at, as printed: a column, an indicator
    expected varchar not null,
    severity varchar not null check (severity in ('critical', 'warning', 'info')),
    checked  integer not null,         -- rows (figures, targets) looked at, over all years of the run
    failed   integer not null
);

-- Every indicator by year, area, institution, sex and part of a dimension, each once: flows/compute.py proves it. It is no primary key:
-- an index over six texts stays in memory as a whole, half of what three million rows may take.
create table out_indicators (
    district  varchar not null,
    indicator varchar not null,
    year      integer not null,
    area      varchar not null,        -- district code, area code, or reference area (120000)
    institution varchar not null default '',
    sex       varchar not null check (sex in ('female', 'male', 'not_stated', 'total')),  -- a share stands at total
    part      varchar not null default '',
    numerator decimal(24, 6),
    denominator decimal(24, 6),
    value     double,                  -- in the indicator's unit, unrounded
    lower     double, upper double,    -- 95 % interval, rare events only
    state     varchar not null check (state in ('ok', 'not_received', 'not_applicable', 'rejected',
                                                -- of published figures put together: the office has none; nobody entered it
                                                'not_published', 'not_entered',
                                                'not_summed',  -- of a city: a county has a value without its two numbers
                                                'suppressed')),  -- in the public copy: there, and not told
    caliber   integer not null default 0,  -- `since` of the definition in force; if later, since when the area has other ground
    check ((value is null) = (state <> 'ok'))
);

-- What is known of the areas above the district, whoever told it; reports print it beside the district's figure. It is public, and
-- nothing is computed from it.
create table out_above (
    indicator varchar not null,
    year      integer not null,
    area      varchar not null,
    value     double not null,         -- in the indicator's unit
    decimals  integer,                 -- with which it was published; null where that is not known
    agreement varchar not null,        -- empty if its definition is the district's; else in which way it is another one
    source    varchar not null,        -- where it was published
    issued    date not null,
    simulated boolean not null,
    delivery  varchar not null,
    line      integer not null,
    primary key (indicator, year, area)
);

-- Assessment (评价): the verdict on one target in one year.
create table out_assessments (
    district varchar not null,
    target   varchar not null,
    year     integer not null,
    value    double,                   -- compared value, in the indicator's unit (a gap for narrow_gap, the lowest of every place)
    threshold double,                  -- resolved; null for directions
    baseline double, baseline_year integer,
    previous double,
    change_baseline double,            -- value − baseline, null across a break
    change_previous double,
    met      boolean,
    verdict  varchar not null check (verdict in ('met_early', 'on_course', 'behind', 'away', 'met_year', 'missed_year',
                                                 'met', 'missed', 'unknown',
                                                 'carried_out', 'in_progress', 'not_started',  -- evidence
                                                 'suppressed')),  -- in the public copy: there, and not told
    reason   varchar check (reason in ('not_received', 'rejected', 'not_applicable', 'break', 'no_baseline', 'zero_baseline',
                                       'no_previous', 'no_reference', 'too_few_years', 'not_published', 'not_entered', 'not_summed',
                                       'suppressed')),
                                       -- why there is no verdict, and only then
    worsened boolean,                  -- worse than the year before, whatever the verdict
    method   varchar check (method in ('end', 'kept', 'rise', 'linear', 'direction', 'best', 'path', 'model', 'pooled', 'odds', 'stated',
                                       'statement')),
                                       -- which rule decided (expectations/vocabulary.py, Method), null only where there is no verdict:
                                       -- end (the last year's value) | kept (the year's) | rise (slow_increase) | linear (Destatis A) | direction (C) |
                                       -- best (a direction that stands on the best value there can be) |
                                       -- path (distance to the straight path) | model (probability) | pooled (since the plan
                                       -- began), both for rare events | odds (the probability, against the rule:
                                       -- flows/outlook/status.py) | stated (the change that the source published) | statement
    projection double,                 -- linear, in the plan's last year
    fragile  boolean,                  -- one event more or less would change the verdict (rare events)
    places_total integer, places_met integer, places_failing varchar[],
    trend    double,                   -- mean annual change over the last comparable values, in the indicator's unit
    weather  varchar check (weather in ('sun', 'slightly_cloudy', 'cloudy', 'thunderstorm', 'none')),  -- Destatis
    second   varchar check (second in ('target_achieved', 'substantial_progress', 'moderate_progress', 'limited_progress',
                                       'deterioration', 'not_available')),  -- Statistics Canada
    ratio    double, score double,     -- of the second opinion: observed to required growth (growth a year for a direction), −5…5
    probability double,                -- of meeting the target in the plan's last year, by the project's own model
    outlook_low double, outlook double, outlook_high double,  -- the middle 80 % of that year's value, in the indicator's unit
    by_one   boolean,                  -- missed, and one person or case more would do
    places_unknown integer,             -- places of which nothing is known
    places_exempt integer,              -- places to which it does not apply; places_total is without them
    relative double, relative_baseline double,  -- narrow_gap of amounts (元): the distance in % of the figure compared with
    priority integer,                  -- place among the year's targets by what is at stake, 1 first (expectations/stakes.py): the one
                                       -- order of summary, warnings, problems and advice
    primary key (district, target, year),
    check ((reason is null) = (verdict not in ('unknown', 'suppressed'))),
    check ((method is null) = (verdict in ('unknown', 'suppressed')))
);

-- Warning (预警): an assessment that someone must act on: those of every year of the plans, as the figures known by then tell.
create table out_warnings (
    target varchar not null,
    year   integer not null,
    kind   varchar not null check (kind in ('miss', 'swing')),   -- 预计达标困难 | 波动较大
    level  varchar not null check (level in ('serious', 'moderate', 'light')),
    cause  varchar not null check (cause in ('late_data', 'quality', 'lag')),
    reason varchar not null check (reason in ('behind', 'away', 'missed_year', 'missed', 'not_started',
                                              'unlikely', 'late', 'swing')),
                                       -- the verdict that caused it, or unlikely (probability), late (评价依据缺失), swing
    since  integer not null,           -- first year of the unbroken warnings of its kind
    change double,                     -- swing: relative change on the year before, in %; null where that was 0
    p      double,                     -- swing: probability of such a change by chance
    swung_from double, swung_to double, -- swing: the district's figures of the year before and of the year, in the indicator's unit;
                                       -- also where the target judges a gap or the lowest place
    check ((swung_to is not null) = (kind = 'swing')),
    check ((swung_from is not null) = (kind = 'swing')),
    primary key (target, year, kind)
);

-- What became of the warnings of a miss: one row for each year in which a target could have been warned of.
create table out_track (
    target  varchar not null,
    year    integer not null,          -- in which it was warned of, or not
    warned  boolean not null,
    judged  boolean not null,          -- whether there was a verdict of that year; without one nothing could be warned of
    outcome varchar not null check (outcome in ('missed', 'met', 'open', 'unknown')),
                                       -- at the plan's end; of a promise for every year, in the year after
    lead    integer,                   -- years from the first of the unbroken warnings to the miss
    primary key (target, year)
);

-- The day of an edition that knows only what had come in by then; no row for any other edition.
create table meta_as_of (
    day date not null
);

-- For whom this warehouse is: internal, or public, the copy from which the public edition is printed.
create table meta_audience (
    audience varchar not null check (audience in ('internal', 'public')),
    beyond   boolean not null default false  -- more is kept back than need be: the search for what need be had come to its bound
);
insert into meta_audience (audience) values ('internal');

-- Suppression (数据保护): what the public edition does not print of out_indicators (flows/disclose): value and limits, and the counts named here.
create table out_suppressed (
    indicator   varchar not null,
    year        integer not null,
    area        varchar not null,
    institution varchar not null default '',
    sex         varchar not null,
    part        varchar not null default '',
    kind        varchar check (kind in ('primary', 'secondary', 'beyond')),  -- small itself; or it would give one back; or perhaps
                                       -- not, but the search had come to its bound; null in the public copy, where nothing tells which
    numerator   boolean not null,      -- the count above the line is not printed
    denominator boolean not null,      -- … nor that below
    primary key (indicator, year, area, institution, sex, part)
);

-- Targets whose verdict rests on figures that the public edition does not print.
create table out_withheld (
    target varchar not null,
    year   integer not null,
    now    boolean not null,           -- the year's own figure is one of them
    met    boolean not null,           -- whether it may still be told that the target is met, or that it is not
    primary key (target, year)
);
