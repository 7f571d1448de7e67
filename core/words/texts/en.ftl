### Holdfast in English. One message, one meaning; sentences like a colleague's.
### "Visit" and "phone call", never "call" alone. Nothing here says "missed" from silence.

## Times

time-yesterday = yesterday { $time }
time-tomorrow = tomorrow { $time }
time-on-day = { $day } { $time }
time-summer = { $time } (summer time)
time-winter = { $time } (winter time)
time-unknown = no known day
day-monday = Monday
day-tuesday = Tuesday
day-wednesday = Wednesday
day-thursday = Thursday
day-friday = Friday
day-saturday = Saturday
day-sunday = Sunday
month-january = January
month-february = February
month-march = March
month-april = April
month-may = May
month-june = June
month-july = July
month-august = August
month-september = September
month-october = October
month-november = November
month-december = December
duration-under-a-minute = under a minute
duration-minutes = { $m } min
duration-hours = { $h } h
duration-hours-minutes = { $h } h { $m } min
duration-days = { $d } days
duration-days-hours = { $d } days { $h } h
age-now = just now
age-ago = { $duration } ago
age-ahead = in { $duration }

## What entries say

dose-given = given
dose-partly = partly taken
dose-prompted = reminded, and taken
dose-refused = refused
dose-omitted = not given
dose-not-observed = not seen taken
dose-already-taken = already taken
dose-not-available = not in the house
dose-absent = not there to take it
task-done = done
task-declined = declined
task-could-not = couldn’t
task-not-needed = not needed this time
visit-done = done
visit-no-reply = no reply
visit-declined = declined
visit-in-hospital = in hospital
visit-cut-short = cut short
visit-sent-away = sent away
method-tag = tag
method-position = by the phone’s position
method-home-phone = from the home phone
method-by-hand = by hand
told-somebody = told { $name }
told-somebody-at = told { $name }, { $time }
told-nobody-no-signal = told nobody yet, no signal
told-nobody-needed = nobody needed to be told
note-personal-care = personal care
note-activity = activity
note-health = health and wellbeing
note-nutrition = food and drink
note-behaviour = behaviour
note-handover = for the next worker
note-general = general
incident-fall = fall
incident-injury = injury
incident-medicine = medicine
incident-safeguarding = safeguarding
incident-behaviour = behaviour
incident-illness = suddenly unwell
incident-environment = something unsafe in the house
incident-other = other
flag-double-up = double-up
flag-hoist = hoist
flag-lives-alone = lives alone
flag-insulin-by-nurse = insulin: district nurse
priority-routine = can wait
priority-usual = usual
priority-time-critical = time critical
support-worker-gives = you give it
support-worker-prompts = you remind
support-own-hands = sees to it alone
support-somebody-else = somebody else gives it
report-on-the-way = on the way
report-there = there now
report-finished = been and gone
report-nobody-came = nobody came
report-no-answer = no answer
report-not-asked = not asked
speaker-worker = care worker
speaker-person = the person
speaker-family = family or friend
speaker-other = neighbour, warden, nurse on site
basis-seen = by the clock
basis-recalled = from memory
basis-told = was told
role-worker = care worker
role-lead = shift lead
role-coordinator = coordinator
role-manager = manager
role-administrator = administrator
kind-assigned = Planned
kind-cancelled = Cancelled
kind-cover-sent = Cover sent
kind-on-the-way = On the way
kind-arrived = Arrived
kind-left = Left
kind-visit-outcome = How the visit ended
kind-task = Task
kind-medicine = Medicine
kind-observation = What I noticed
kind-note = Note
kind-incident = Incident
kind-unplanned = Visit not on the run
kind-amended = Put right
kind-withdrawn = Taken back
kind-dealt-with = Dealt with
kind-phone-call = Phone call
kind-person = Details
kind-plan-version = Care plan
kind-outage-opened = Outage begins
kind-outage-closed = Outage ends

## Lists

list-and = { $front } and { $last }
with-names = with { $names }
phone-of = { $name }’s phone
ring-name = Ring { $name }
ring-gp = Ring GP
ring-on-call = Ring on-call

## A visit, first axis: what happened at the person's door

care-due = due
care-due-in = in { $duration }
care-on-the-way = on the way
care-on-the-way-name = { $name } on the way
care-there-now = there now
care-there-at = there at { $time }
care-done = done
care-done-act = done: act
care-no-word = no word
care-past-start = { $duration } past start
care-missed = missed
visit-cancelled = cancelled
late-arrived = { $n } late
late-expected = says { $n } late
no-word-is-not-missed = No word is not missed.

## A visit, second axis: how we know

know-nothing = nothing yet
know-phone-call = { $who }, { $time }
know-logged-by = logged by { $name } { $time }
know-office = the office
know-office-who = { $name } { $time }
know-written-received = written { $written }, office has it { $received }
know-written-here = written { $written }, on this phone
know-coming-in = records coming in, { $have } of { $of }
known-by-workers-phone = care worker’s phone
known-by-office = the office
known-by-phone-call = phone call
known-by-nothing = nothing yet

## Tallies

bucket-done = done
bucket-act = act
bucket-there = there
bucket-on-the-way = on way
bucket-late = late
bucket-not-done = not done
bucket-missed = missed
bucket-no-word = no word
bucket-due = due
summary-known = { $known } of { $of } known, { $missed } missed, { $late } late
summary-known-late = { $known } of { $of } known, { $missed } missed, { $late } late (longest { $longest })

## An entry on its way

entry-on-this-phone = on this phone
entry-sent = sent, no answer yet
entry-received = the office has it
entry-received-at = the office has it { $time }
entry-held-for-checking = at the office, held for checking

## Times of an entry, and doubt about them

times-said = said { $time }
times-said-about = said { $time }, give or take { $duration }
times-written = written { $time }
times-received = reached the office { $time }
times-same-as-above = about the same time as the one above
times-said-after-written = said to be later than it was written
clock-right = right
clock-fast = { $duration } fast
clock-slow = { $duration } slow
doubt-phone-off = phone { $off }
doubt-phone-said = phone’s clock said { $time }
doubt-clock-changed = phone’s clock was set meanwhile: { $before } before, { $after } after
doubt-give-or-take = give or take { $duration }
doubt-own-clock = by the phone’s own clock, not compared with the office since it was switched on
doubt-between = some time between { $from } and { $to }
doubt-after = some time after { $from }
doubt-before = some time before { $to }
doubt-unknown = time not known

## Why a visit is not complete

unfinished-not-left = { $name } has not left, as far as { $name }’s phone says
unfinished-nobody-yet = nobody known to have come
unfinished-tasks = { $n ->
    [one] 1 task without an answer
   *[other] { $n } tasks without an answer
}
unfinished-doses = { $n ->
    [one] 1 dose without an answer
   *[other] { $n } doses without an answer
}
unfinished-coming-in = records still coming in
unfinished-unreadable = { $n ->
    [one] 1 entry can’t be read here yet
   *[other] { $n } entries can’t be read here yet
}
unfinished-held = { $n ->
    [one] 1 entry held for checking
   *[other] { $n } entries held for checking
}

## What needs action

attention-dose-not-had = { $name } { $end }
attention-dose-not-had-reason = { $name } { $end }: “{ $reason }”
attention-dose-unanswered = { $name }, due { $due }: no answer
attention-dose-twice = { $name }: possible double dose
attention-task-unanswered = { $title }: no answer
attention-incident-safe = Incident: { $what }. Safe now
attention-incident-not-safe = Incident: { $what }. Not safe yet
attention-concern = Look at today: { $about }
attention-nobody-told = { $outcome }, and nobody has been told
attention-nobody-came = { $who } says nobody came
attention-contradiction = Two entries say different things about { $about }
attention-same-id-twice = Two entries carry one name: both are kept
attention-unreadable = Can’t be read here yet
attention-held = Held for checking
attention-author-unconfirmed = Written as { $worker }, by staff number only: author unconfirmed
subject-amendment = a correction
subject-assignment = who goes when
subject-dose = a dose
subject-task = a task
subject-outcome = how the visit ended
subject-presence = whether somebody came
subject-plan = the care plan
subject-details = the person’s details
nobody-dealt-with-it = nobody has dealt with this

## Check now

check-now = check now
check-no-word = No word, { $duration } past start.
check-no-word-yet = No word.
check-nobody-there = Nobody known to be there.
check-not-there-yet = Not there yet.
check-not-safe-tag = not safe
check-not-safe-why = Incident at { $time }: { $what }.
check-not-safe = Not safe when last written.
check-dose-tag = dose by { $time }
check-dose-left = { $duration } left for { $name }.
check-dose-over = { $name } is { $duration } past its window.
check-hoist-tag = hoist at { $time }
check-two-tag = double-up at { $time }
check-second-missing = Second worker missing.
check-second-not-heard = { $names } not heard from.
check-tell-no-hoist = Tell { $names }: don’t hoist alone.
check-lives-alone = Nobody else is in the house.
check-nobody-came-said = { $who } said at { $time } that nobody came.
check-dose-end-tag = dose { $end }
check-dose-end = { $name } { $end } { $time }.
check-dose-end-reason = { $name } { $end } { $time }, reason “{ $reason }”.
check-not-dealt-with = Not dealt with.
check-dose-unknown-tag = dose not known
check-dose-unknown-why = { $name }, due { $due }.
check-dose-unknown-strong = The visit is over, and nobody has said.
check-dose-twice-tag = possible double dose
check-dose-twice-why = { $name } is recorded as had more than once.
check-dose-twice-strong = Open both records before the next dose.
check-incident-tag = incident
check-incident-why = { $what }, { $time }.
check-must-be-on-time = Must be on time.
check-nobody-told-tag = nobody told
check-nobody-told-why = Nobody opened, or the worker was sent away, { $time }.
check-nobody-told-strong = Nobody has been told.

## A care plan

plan-version = v{ $version }
plan-nothing = no plan here
plan-not-yet = no plan in effect before { $time }
plan-current = plan v{ $version }
plan-contested = { $versions } stand side by side: ask the office which holds
plan-checked = plan last checked with the office { $time }
plan-checked-age = plan last checked with the office { $time }, { $age }
plan-checked-old = plan last checked with the office { $time }, { $age }. Check the pharmacy label. If it differs, don’t give: ring on-call now.
plan-never-checked = plan never checked with the office. Check the pharmacy label. If it differs, don’t give: ring on-call now.
version-current = holds now
version-contested = stands beside another
version-future = not in effect yet
version-replaced = replaced
version-withdrawn = taken back
allergies = Allergic: { $list }
allergies-none = No known allergies

## A medicine

dose-due = due { $due }
dose-due-window = due { $due }, between { $from } and { $to }
dose-by = dose { $due }, by { $by }
dose-late = { $duration } late
dose-early = { $duration } early
medicine-when-needed = when needed
when-needed-for = for { $reason }
when-needed-gap = at least { $duration } apart
when-needed-most = at most { $most } in 24 h
last-dose = last known: { $time }, { $name }
last-dose-end = last known: { $time }, { $name }, { $end }
last-dose-none = no dose known here
label-differs = Label differs? Don’t give: ring on-call.

## Entries in one line

line-reason = { $said }: “{ $reason }”
line-assigned = planned for { $name }, { $start }–{ $end }, { $workers }
line-assigned-nobody = planned for { $name }, { $start }–{ $end }, nobody to go yet
line-cancelled = cancelled, asked by { $who }
line-cover-instead = { $name } sent instead
line-cover-too = { $name } sent as well
line-on-the-way = on the way
line-on-the-way-late = on the way, { $n } late
line-arrived = arrived, { $method }
line-left = left, { $method }
line-tried = tried: { $tried }
line-task = { $title }: { $end }
line-medicine = { $name } { $end }
line-medicine-due = { $said }, due { $due }
line-observation = { $about }: { $what }
line-observation-concern = { $about }: { $what } (look at it today)
line-note = { $about }: { $text }
line-incident-safe = { $safety } Safe now. { $what }: { $text }
line-incident-not-safe = { $safety } Not safe yet. { $what }: { $text }
line-unplanned = visit to { $name }, not on the run
line-amended = put right: { $with }
line-withdrawn = taken back
line-dealt-with = dealt with: { $how }
line-phone-call = { $who } ({ $speaker }), { $time }: { $report }
line-phone-call-words = { $who } ({ $speaker }), { $time }: { $report}. “{ $words }”
line-report-at = { $report } { $time }
line-report-of = { $name }: { $report }
line-person = { $name }
line-plan-version = plan v{ $version }, effective { $time }
line-outage-closed = ended { $time }
cannot-be-read-here-yet = can’t be read here yet (version { $version })

## The office

as-of-live = live · as of { $time }
heard-not-since = no word since { $time } ({ $duration })
heard-never = never heard from
heard-at = phone heard { $time }, nothing waiting
heard-at-waiting = phone heard { $time }, { $n } waiting
phones-quiet = { $n } of { $of } phones not heard from for over { $duration }
outage-down = { $what } down since { $time }.
outage-rota = Working from rota { $rota }.
outage-rota-frozen = Working from rota { $rota }, frozen { $time }.

## The phone

offline-since = Offline since { $time }.
offline-never = Not in contact with the office yet.
offline-saved = Carry on: { $n } saved on this phone.
offline-nothing = Carry on: all is saved on this phone.
leave = Leave
leave-left = Leave: { $n } left to answer
still-to-finish = { $n } still to finish
owed-open-visit = { $name }: arrived { $time }, not left
owed-dose = { $name }: { $title }, due { $time }
owed-task = { $name }: { $title }
owed-nothing-recorded = { $name }, { $time }: nothing recorded on this phone

## Import

import-row = row { $n }
import-a-long-text = what stands there
import-looks-workbook = an Excel workbook
import-looks-binary = no text
import-looks-utf16 = UTF-16 (what Excel calls “Unicode text”)
import-looks-windows-1252 = Windows-1252 (what Excel calls plain “CSV”)
import-looks-other = another encoding

## Errors: what happened, .safe what is safe, .do what to do

error-unknown = Something went wrong that this version has no words for ({ $code }).
    .safe = Everything saved on this phone or at the office is still there.
    .do = Try again; if it stays, tell the office this code.


error-import_problems = Nothing was imported: the files have problems.
    .safe = Everything that was here before is unchanged.
    .do = Put right what the list says in the system you export from, export again, and try a dry run first.
error-import_file_unknown = Import does not know this file. It is left out.
    .do = Name it workers.csv, people.csv, plans.csv, essentials.csv, medicines.csv, contacts.csv or rota.csv if it is one of them.
error-import_file_twice = There are two files for this table, the other is { $other }.
    .do = Hand in one of them.
error-import_file_empty = The file has no header and no rows.
    .do = Export it again, or leave it out.
error-import_file_too_large = The file is larger than { $mb } MB.
    .do = Export fewer days at a time.
error-import_file_not_text = This is { $looks }, not a CSV file.
    .do = Save it as “CSV UTF-8 (comma delimited)” and hand that in.
error-import_file_not_utf8 = The text is not UTF-8; it looks like { $looks }. Names and doses could come out wrong.
    .do = Save it as “CSV UTF-8 (comma delimited)” and hand that in.
error-import_column_missing = This column is not there.
    .do = Add it to the export; the header’s name counts, not its place.
error-import_column_unknown = Import does not know the column { $value }. It is left out.
    .do = Check its spelling if it should have been read; docs/import.md lists the names.
error-import_column_twice = The column { $value } is there twice.
    .do = Keep one of the two.
error-import_row_too_long = The row has { $has } cells, the header { $wants } columns.
    .do = Look for a comma in a text without quotation marks around it.
error-import_quote_open = A quotation mark is opened here or above and never closed: everything after it reads as one text.
    .do = Close it, or double it if it belongs to the text ("").
error-import_cell_empty = This must not be empty.
    .do = Fill it in.
error-import_cell_too_long = This is { $has } bytes long; at most { $most } fit.
    .do = Shorten it.
error-import_id_bad = { $value } is no number that Holdfast can keep.
    .do = Use 1 to 64 letters, digits and - _ . / # +, without spaces.
error-import_id_twice = { $value } is in row { $other } already.
    .do = Give each its own number, or remove one of the two rows.
error-import_number_bad = { $value } is not a number from { $least } to { $most }.
    .do = Write it in digits.
error-import_word_unknown = { $value } is not a word that import knows here.
    .do = Use one of: { $words }.
error-import_date_unreadable = { $value } is not a date.
    .do = Write it as dd/mm/yyyy: 03/11/2026.
error-import_date_impossible = There is no day { $value }.
    .do = Correct it; the day comes first, then the month.
error-import_time_impossible = { $value } is not a time.
    .do = Write it as HH:MM, from 00:00 to 23:59.
error-import_time_skipped = { $time } does not exist on { $day }: the clocks go forward over it.
    .do = Write the time that the clock on the wall will show.
error-import_time_twice = { $time } comes twice on { $day }: the clocks go back.
    .do = Add +01:00 for the first (summer time) or +00:00 for the second (winter time).
error-import_end_before_start = The visit starts at { $start } and ends at { $end }.
    .do = Correct it; for a visit past midnight fill in the column “end date”.
error-import_visit_too_long = The visit is longer than { $hours } hours.
    .do = Correct the end; split it into two visits if it is true.
error-import_person_unknown = Nobody supported here has the number { $value }.
    .do = Add the person to people.csv, or correct the number.
error-import_worker_unknown = No worker has the number { $value }.
    .do = Add the worker to workers.csv, or correct the number.
error-import_worker_twice = { $value } is named twice on one visit.
    .do = Name the second worker, or remove one of the two.
error-import_plan_missing = { $value } has no care plan, and nobody should be sent without one.
    .do = Add a version to plans.csv.
error-import_plan_starts_later = The first care plan of { $value } takes effect after this visit.
    .do = Add the version that holds now to plans.csv, or correct its effective time.
error-import_plan_row_unknown = plans.csv has no version { $version } for { $value }.
    .do = Add that version to plans.csv, or correct the number here.
error-import_plan_version_changed = Version { $version } of the plan of { $value } is here already, with another text. A version that somebody may have worked from is never changed.
    .do = Give the new text a new version number that replaces this one.
error-import_replaces_bad = Version { $version } says that it replaces version { $replaces }.
    .do = A version replaces an earlier one: correct one of the two numbers.
error-import_replaces_missing = { $value } has a plan already (version { $newest }), and version { $version } does not say which it replaces. Two plans would stand side by side.
    .do = Write the number of the version it replaces.
error-import_too_much = This is more than one entry can hold ({ $value }).
    .do = Shorten the texts: what must be known at the door, not the whole file.
error-import_window_missing = A time-critical medicine needs a window.
    .do = Write the minutes before and after the due time in which it may be given.
error-import_branch_other = { $value } belongs to another branch.
    .do = Import it there, or correct the number.
error-import_not_in_export = { $value } is known here and not in this export. Nothing was cancelled or removed.
    .do = If it is over, say so on its page; otherwise nothing needs doing.
error-import_visit_without_worker = Nobody is to make visit { $value } yet. It is imported, and the board shows it.
    .do = Give it to somebody.
error-import_second_worker_missing = Visit { $value } is a double-up with one worker. It is imported, and the board shows it.
    .do = Name the second worker.
