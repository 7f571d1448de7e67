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
report-there = there
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
kind-break-glass = Opened without the office
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
entry-reviewed = the office has it, taken in after checking
entry-reviewed-at = the office has it { $time }, taken in after checking

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
author-unconfirmed = { $name }, staff number { $worker }, author unconfirmed
by-unconfirmed = { $name }, author unconfirmed
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
line-break-glass = opened on a phone that had had no contact with the office for too long
line-break-glass-since = opened on a phone without contact with the office since { $time }
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
outage-was-down = { $what } was down from { $from } to { $to }.
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
import-and-more = { $list } and { $n } more
import-looks-workbook = an Excel workbook
import-looks-binary = no text
import-looks-utf16 = UTF-16 (Excel’s “Unicode text”)
import-looks-windows-1252 = Windows-1252 (Excel’s plain “CSV”)
import-looks-other = another encoding

## Errors: what happened, .safe what is safe, .do what to do

error-unknown = Something went wrong that this version has no words for ({ $code }).
    .safe = Everything saved on this phone or at the office is still there.
    .do = Try again; if it stays, tell the office this code.


## Errors of an import

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
error-import_not_in_export = Known here and not in this export: { $value }. Nothing was cancelled or removed.
    .do = If one of them is over, say so on its page; otherwise nothing needs doing.
error-import_visit_without_worker = Nobody is to make visit { $value } yet. It is imported, and the board shows it.
    .do = Give it to somebody.
error-import_second_worker_missing = Visit { $value } is a double-up with one worker. It is imported, and the board shows it.
    .do = Name the second worker.

## Errors of a phone

error-not_enrolled = This phone is not enrolled.
    .do = Ask the office for a code, then enrol.
error-already_enrolled = This phone is enrolled already.
    .safe = Nothing was changed.
    .do = Carry on with it. To give it to another provider, start with an empty directory.
error-worker_needed = Several people share this phone.
    .safe = Nothing was changed.
    .do = Say who you are, with your staff number, then your PIN.
error-worker_not_here = This worker can’t read on this phone yet.
    .safe = Nothing was changed. What was recorded is safe.
    .do = Ask the office for a code, then enrol with it on this phone.
error-worker_other_branch = This phone belongs to another branch than this worker.
    .safe = Nothing was changed, and the code still works.
    .do = Use a phone of the worker’s own branch, or ring the office.
error-enrol_unsigned = The office could not tell that this came from this phone.
    .safe = Nothing was changed, and the code still works.
    .do = Update the app, then try again.
error-locked = The phone is locked.
    .safe = What was recorded is safe, and goes to the office while the phone is locked.
    .do = Unlock it with your PIN.
error-wrong_pin = That PIN is not right.
    .safe = What was recorded is safe.
    .do = { $minutes ->
        [0] Try again.
       *[other] Try again in { $minutes } min.
    } { $left ->
        [one] One try is left; after it
       *[other] { $left } tries are left; after them
    } this phone can’t be read any more.
error-pin_too_soon = Too soon after a wrong PIN.
    .safe = This try was not looked at and does not count.
    .do = Try again in { $minutes } min.
error-locked_out = After too many wrong PINs this phone can’t be read any more.
    .safe = Entries that wait are safe, sealed for the office, and still go there.
    .do = Ring the office: it enrols the phone again.
error-pin_too_short = A PIN has at least six digits.
    .safe = Nothing was changed.
    .do = Choose a longer one.
error-pin_too_long = A PIN has at most twelve digits.
    .safe = Nothing was changed.
    .do = Choose a shorter one.
error-pin_not_digits = A PIN is digits only.
    .safe = Nothing was changed.
    .do = Choose one made of digits.
error-pin_too_plain = This PIN is too easy to guess.
    .safe = Nothing was changed.
    .do = Choose one without runs and repeats.
error-pin_is_a_date = This PIN is a date, and dates are guessed first.
    .safe = Nothing was changed.
    .do = Choose another.
error-code_unknown = The office does not know this code.
    .safe = Nothing was changed.
    .do = Check each character and try again, or ask the office for a new one.
error-code_mistyped = This code is mistyped: it has twelve letters and digits, and the last one checks the others.
    .safe = Nothing was sent, and the code is still good.
    .do = Check each character and try again.
error-code_shape = An enrolment code is three groups of four letters and digits.
    .safe = Nothing was sent, and the code is still good.
    .do = Type it as it is written.
error-code_used = This code was used already.
    .safe = Nothing was changed.
    .do = Ask the office for a new one. If nobody of yours used it, tell them.
error-code_expired = This code has run out.
    .safe = Nothing was changed.
    .do = Ask the office for a new one.
error-code_for_another = This code is not for this phone and its worker.
    .safe = Nothing on the phone was changed.
    .do = Ask the office for a code for this worker.
error-unsent_first = Entries on this phone still wait to go to the office; they go first.
    .safe = They are safe.
    .do = Stay where there is signal, and try again with the same code.
error-busy = The office is busy for a moment.
    .safe = Everything recorded is saved on this phone.
    .do = Carry on; the phone tries again.
error-enrol_throttled = Too many codes were tried.
    .safe = Nothing was changed.
    .do = Wait a few minutes, check the code and try again.
error-bad_address = The office’s address can’t be used: it starts with https:// (http:// works on this machine only).
    .safe = Everything recorded is saved on this phone.
    .do = Check the address with the office.
error-unreachable = The office can’t be reached.
    .safe = Everything recorded is saved on this phone, and goes when there is signal.
    .do = Carry on.
error-timed_out = The office did not answer in time.
    .safe = Everything recorded is saved on this phone, and goes later.
    .do = Carry on.
error-not_trusted = The server that answered could not prove to be the office’s.
    .safe = Nothing was sent. Everything recorded is saved on this phone.
    .do = Carry on, and tell the office.
error-clock_trouble = This phone’s clock seems wrong, so the office’s certificate can’t be checked.
    .safe = Everything recorded is saved on this phone.
    .do = Set date and time, or carry on: a wrong clock never loses an entry.
error-reply_unverified = An answer did not carry the office’s signature, and was thrown away.
    .safe = Everything recorded is still saved on this phone.
    .do = Carry on. If it stays, tell the office.
error-reply_unreadable = An answer could not be read, and was thrown away.
    .safe = Everything recorded is still saved on this phone.
    .do = Carry on. If it stays, tell the office.
error-protocol_newer = The other side speaks a newer version.
    .safe = Everything recorded is saved on this phone.
    .do = Update the older of the two; carry on meanwhile.
error-revoked = The office has revoked this phone.
    .safe = What was recorded still goes to the office, and is checked there.
    .do = Ring the office.
error-break_glass_needed = This phone has had no contact with the office for too long.
    .safe = Recording works as always. Nothing is lost.
    .do = Say why you need today’s run: it opens, and the office will see your reason.
error-break_glass_not_needed = This phone can be read as it is.
    .safe = Nothing was opened, and nothing written.
    .do = Carry on.
error-lease_expired = This phone has had no contact with the office for too long, so other days can’t be read.
    .safe = Today’s run and recording still work. Nothing is lost.
    .do = Find signal, or ring the office.
error-unknown_visit = This visit is not on this phone.
    .safe = Nothing was recorded.
    .do = Check the number. For a visit that is not on the run, record one that was not planned.
error-unknown_person = This person is not on this phone.
    .safe = Nothing was recorded.
    .do = Ring the office. A visit can be recorded by name.
error-not_recorded = Not saved yet.
    .safe = Everything saved before is safe.
    .do = Put right what is listed, and save again.
error-text_too_long = The text is longer than a note may be.
    .safe = It was not saved, and is still on the screen.
    .do = Split it into two notes.
error-entry_too_long = This is longer than an entry may be.
    .safe = Everything saved before is safe.
    .do = Split it in two.
error-text_missing = Something that must be said is empty.
    .safe = Everything saved before is safe.
    .do = Fill it in, and save again.
error-reason_needed = This outcome needs a reason.
    .safe = Everything saved before is safe.
    .do = Say why, in a few words.
error-future_time = By this phone’s clock that time has not come yet.
    .safe = Everything saved before is safe.
    .do = Check the time you said. If the phone’s clock is wrong, leave the time out: the office works it out.
error-unknown_task = This visit has no such task.
    .safe = Everything saved before is safe.
    .do = Choose one of the list, or write a note.
error-unknown_medicine = Neither the visit nor the plan has this medicine.
    .safe = Everything saved before is safe. Nothing says that it was given.
    .do = Don’t give it. Ring on-call.
error-not_a_number = An amount or a measure is a number, with a point: 2.5.
    .safe = Everything saved before is safe.
    .do = Write it in digits.
error-unknown_entry = The entry to put right is not in this visit.
    .safe = Nothing was changed.
    .do = Check its number.
error-not_amendable = A correction can’t itself be corrected.
    .safe = Both entries stand as they are.
    .do = Correct the first entry again.
error-not_yours = Only who wrote an entry can correct it or take it back.
    .safe = It stands as it is.
    .do = Write a note of your own, or tell the office.
error-other_kind = A correction says the same kind of thing as what it puts right.
    .safe = The first entry stands as it is.
    .do = Take the first back, and record the other.
error-not_for_phones = This is the office’s to record.
    .safe = Nothing was recorded.
    .do = Ring the office.
error-document_full = This record holds as many entries as one may.
    .safe = All of them are safe.
    .do = Write it on paper and ring the office.
error-bad_position = That position is nowhere on earth.
    .safe = Everything saved before is safe.
    .do = Record by hand, with a reason.
error-seal_broken = A record on this phone does not open with its key.
    .safe = It is kept as it is; the others are not touched.
    .do = Export it and tell the office.
error-provider_key_damaged = The office’s key for sealing is damaged.
    .safe = What was recorded is safe.
    .do = Ring the office: it enrols the phone again.
error-storage = The phone’s storage failed.
    .safe = Nothing that was reported saved is lost.
    .do = Restart and try again. If it stays, write on paper and ring the office.
error-stopped = The app has stopped inside.
    .safe = What was reported saved is safe.
    .do = Start it again.
error-device_key_gone = The phone’s own key is gone from its key store.
    .safe = Entries that wait are sealed for the office.
    .do = Export them, and ring the office: it enrols the phone again.
error-device_key_damaged = The phone’s own key is damaged.
    .safe = Entries that wait are sealed for the office.
    .do = Export them, and ring the office: it enrols the phone again.
error-device_key_newer = The phone’s own key was written by a newer version.
    .safe = It was left untouched.
    .do = Update the app.
error-device_key_exposed = Others on this machine can read the phone’s key file.
    .safe = Nothing was opened with it.
    .do = Make it readable for its owner only (mode 600), then start again.
error-device_key_refused = The phone’s key store refused.
    .safe = What was recorded is safe.
    .do = Unlock the phone itself, and try again.
error-device_key_unreachable = The phone’s key store can’t be read.
    .safe = What was recorded is safe.
    .do = Restart the phone, and try again.
error-lock_damaged = The worker’s lock on this phone is damaged.
    .safe = Entries that wait are safe, sealed for the office.
    .do = Ring the office: it enrols the phone again.
error-lock_newer = The worker’s lock was written by a newer version.
    .safe = It was left untouched.
    .do = Update the app.
error-sealed_newer = A sealed record was written by a newer version.
    .safe = It was left untouched.
    .do = Update.
error-sealed_other_key = A sealed record belongs to another key.
    .safe = It was left untouched.
    .do = Use the key that was made with it.
error-sealed_damaged = A sealed record is damaged, or stands where it was not written.
    .safe = It was left untouched.
    .do = Export it, and tell the office.
error-clock_option = The clock is “system”, “fixed:TIME”, “from:TIMExSPEED” or “file:PATH”, with “,+47m” behind it for a clock that is wrong.
    .safe = Nothing was started.
    .do = Correct the option --clock.
error-clock_file = The drill’s clock file can’t be read.
    .safe = Nothing was started.
    .do = Start the drill first, or correct the path.

## Errors of both sides

error-disk_full = The disk is full: this was not saved.
    .safe = Everything that was confirmed before is safe. Phones keep what they have until the office has it.
    .do = Make room and try again; meanwhile write on paper.
error-store_newer = The store was written by a newer version.
    .safe = It was left untouched.
    .do = Start that version. An office can also restore a backup.
error-store_damaged = The store is damaged.
    .safe = Nothing was deleted: it is kept as it is, on a phone moved aside.
    .do = On a phone, export it and give it to the office. In the office, restore the last backup: phones send again what it lacks.
error-store_in_use = Another program has this store open.
    .safe = Nothing was changed.
    .do = Stop that program first.

## Errors of the office

error-store_unavailable = The office’s store can’t be read or written.
    .safe = Nothing that was confirmed is lost. Phones keep everything until the office has it.
    .do = Check the disk, then start again.
error-master_key_wrong = The master key does not belong to this store.
    .safe = Nothing was changed.
    .do = Use the key file that was made with it.
error-master_key_missing = There is no master key.
    .safe = Nothing was changed.
    .do = Name its file with --master-key. Without it the store can’t be opened by anybody.
error-master_key_exists = There is a master key already.
    .safe = It was left untouched.
    .do = Use it, or name another file.
error-master_key_inside_data = The master key lies inside the data directory: a stolen copy of the one would open the other.
    .safe = Nothing was started.
    .do = Keep it elsewhere.
error-master_key_exposed = Others on this machine can read the master key.
    .safe = Nothing was started.
    .do = Make it readable for its owner only (mode 600 or 400).
error-master_key_owner = The master key belongs to another account of this machine.
    .safe = Nothing was started.
    .do = Give it to root, or to the account that runs the office.
error-master_key_damaged = This is no master key.
    .safe = Nothing was started.
    .do = Use the file that was made for this store, or its copy.
error-master_key_unreachable = The master key can’t be read.
    .safe = Nothing was started.
    .do = Check the path and who may read it.
error-worker_unknown = No worker with this number is known here.
    .safe = Nothing was changed.
    .do = Import workers first, or correct the number.
error-device_unknown = The office does not know this phone.
    .safe = Everything recorded is saved on it.
    .do = Enrol it with a code from the office.
error-branch_unknown = No branch with this name is known here.
    .safe = Nothing was changed.
    .do = Correct the name.
error-file_unavailable = The file can’t be read or written.
    .safe = Nothing was changed.
    .do = Check the path and who may use it.
error-tls_unusable = The certificate or its key can’t be used.
    .safe = Nobody was served and nothing was changed.
    .do = Give the files of --tls-cert and --tls-key in PEM, readable by the server.
error-office_stopping = The office is shutting down.
    .safe = Nothing was recorded; phones keep everything until the office has it.
    .do = Try again when it is back.
error-accounts_unavailable = The accounts can’t be read or written.
    .safe = Care entries are not touched by this.
    .do = Check the disk, then start again.
error-accounts_newer = The accounts were written by a newer version.
    .safe = They were left untouched.
    .do = Start that version.
error-link_spent = This link was used already, or has run out.
    .safe = Nothing was changed.
    .do = Ask an administrator for a new one; on the server: holdfast-server admin-link.
error-sign_in_name_taken = Somebody has this sign-in name already.
    .safe = Nothing was changed.
    .do = Choose another.
error-last_administrator = This is the last administrator.
    .safe = Nothing was changed.
    .do = Make somebody else administrator first.

## Refusals of the office to a phone: HTTP, and the phone keeps everything

error-no_such_path = There is nothing at this address.
    .safe = Everything recorded is saved on the phone.
    .do = Check the office’s address.
error-office_fault = A request broke off inside the office.
    .safe = Everything recorded is saved on the phone, which sends it again.
    .do = Nothing; if it stays, tell the administrator.
error-body_too_large = The request is larger than the office takes at once.
    .safe = Everything recorded is saved on the phone, which sends less at a time.
    .do = Nothing; if it stays, update the app.
error-body_broken = The request did not arrive whole.
    .safe = Everything recorded is saved on the phone.
    .do = Nothing: the phone tries again.
error-body_malformed = The office could not read the request.
    .safe = Everything recorded is saved on the phone.
    .do = Try again; if it stays, update the app.
error-device_missing = The request does not say which phone it is from.
    .safe = Everything recorded is saved on the phone.
    .do = Update the app.
error-device_unknown_full = An unknown phone keeps sending, and no more of it is kept.
    .safe = What was kept before is held for checking; everything recorded is saved on the phone.
    .do = Enrol the phone with a code from the office.
error-device_mismatch = The request speaks of another phone than the one that signed it.
    .safe = Nothing was taken from it.
    .do = Tell the administrator.
error-device_revoked = From a phone that the office has revoked.
    .safe = It is kept, and held for checking.
    .do = Read it, and decide with the worker.
error-worker_taken_off = From a worker who was taken off this phone.
    .safe = It is kept, and held for checking; what others wrote on the phone has its place.
    .do = Read it, and decide with the worker.
error-worker_not_on_phone = This worker does not read on this phone.
    .safe = Nothing was changed.
    .do = Look at who reads on it now, and choose one of them.
error-worker_alone_on_phone = Nobody else reads on this phone.
    .safe = Nothing was changed.
    .do = Shut the phone out instead; to give it to somebody else first, make a code for them.
error-bad_signature = The request’s signature does not hold.
    .safe = Nothing was taken from it. Everything recorded is saved on the phone.
    .do = Try again; if it stays, enrol the phone again.
error-bad_push_signature = The signature over the phone’s entries does not hold.
    .safe = Nothing was taken from it. Everything recorded is saved on the phone.
    .do = Try again; if it stays, tell the administrator.
error-push_other_device = The phone sent entries as another phone’s.
    .safe = Nothing was taken from it.
    .do = Tell the administrator.
error-replayed = The office has seen this very request before.
    .safe = Nothing was taken twice.
    .do = Nothing: the phone asks anew.
error-cursor_foreign = The place to go on from is another phone’s, or was changed.
    .safe = Nothing was shown.
    .do = Nothing: the phone begins anew.
error-push_bounds = The push is larger than one may be.
    .safe = Everything recorded is saved on the phone, which sends less at a time.
    .do = Update the app.
error-push_incomplete = A piece of the push is missing.
    .safe = Everything recorded is saved on the phone.
    .do = Nothing: the phone sends it again.
error-chain_mismatch = The entries do not follow on those before them.
    .safe = Nothing was taken: they stay on the phone.
    .do = The phone sends them again by itself. If it stays, tell the office.
error-chain_gap = A stretch of this phone’s entries is missing, and the phone no longer has it.
    .safe = What came before and after is here.
    .do = Ask the worker what they recorded then. Another phone may still bring it.
error-chain_fork = Two different histories come from this phone: it was copied, or went back to an older copy.
    .safe = Both are kept, in full.
    .do = Find out which phones hold the copy, and revoke what should not be there.
error-command = This is no command, or something in it is missing or mistyped.
    .safe = Nothing was done.
    .do = Read what the answer lists; --help, in the shell help, shows all commands.
error-store_missing = There is no store in this directory.
    .safe = Nothing was made or changed.
    .do = Check --data; `serve` or `import` makes a new store.
error-tls_needed = Others could read names and passwords on the way: this address needs TLS.
    .safe = Nothing was started.
    .do = Give --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy that speaks TLS and say --behind-tls.
error-address_unavailable = This address can’t be listened on.
    .safe = Nothing was started.
    .do = Stop what uses it, or name another with --listen.
error-import_nothing = There is no CSV file in this folder.
    .safe = Nothing was made or changed.
    .do = Name the folder with workers.csv, people.csv, plans.csv and rota.csv.
error-account_unknown = There is no open account of this name.
    .safe = Nothing was changed.
    .do = Name an account that may sign in, with --account.

## What verify finds wrong with a store: somebody or something changed it behind the office’s back

error-push_signature = The signature over a stretch of a phone’s entries does not hold any more.
    .safe = Nothing was changed by looking.
    .do = Keep this store for whoever finds out why. Restore the last backup that verifies: phones send again what it lacks.
error-push_chain = The digests of a stretch of a phone’s entries are not those that the phone signed.
    .safe = Nothing was changed by looking.
    .do = Keep this store for whoever finds out why. Restore the last backup that verifies: phones send again what it lacks.
error-chain_broken = A stretch of a phone’s entries does not follow on the one before it.
    .safe = Nothing was changed by looking.
    .do = Keep this store for whoever finds out why. Restore the last backup that verifies: phones send again what it lacks.
error-push_missing = Records are here whose signed header is gone.
    .safe = Nothing was changed by looking.
    .do = Keep this store for whoever finds out why. Restore the last backup that verifies: phones send again what it lacks.
error-counter_gap = Records are missing: a branch’s count has a hole.
    .safe = Nothing was changed by looking.
    .do = Keep this store for whoever finds out why. Restore the last backup that verifies: phones send again what it lacks.
error-counter_end = Records are missing: a branch’s count goes further than its records.
    .safe = Nothing was changed by looking.
    .do = Keep this store for whoever finds out why. Restore the last backup that verifies: phones send again what it lacks.
error-segment_sealed = Sealed records do not open: they were changed, or moved.
    .safe = Nothing was changed by looking.
    .do = Keep this store for whoever finds out why. Restore the last backup that verifies: phones send again what it lacks.

error-held_unknown = Nothing with this number is held here.
    .safe = Nothing was changed.
    .do = Look for it in the list of what is held.
error-held_decided = Somebody has decided about this already.
    .safe = Nothing was changed.
    .do = Read below who decided what, and why.
error-held_not_takeable = There is nothing in it that has a place in the record.
    .safe = Nothing was changed; it is kept as it came.
    .do = Set it aside, and write down what you find out on the visit’s page.
error-held_phone_unknown = The phone that brought this is not known here.
    .safe = Nothing was changed; it is kept as it came.
    .do = Enrol the phone with a new code; then take it in.
error-held_gap = Records of this phone from before these are missing.
    .safe = Nothing was changed; it is kept as it came.
    .do = Take in what else is held of this phone first, or wait until the phone has sent them. If they will never come, say so below.
error-held_reason = A decision needs a reason, of at most 500 characters.
    .safe = Nothing was changed.
    .do = Say why.
error-held_not_signed = This is not what its phone signed.
    .safe = Nothing was changed; it is kept as it came.
    .do = Tell the administrator, and set it aside with a reason.

## Why something is held for checking: it is durable, and counts for nothing until somebody has looked

error-segment_profile = The records do not have the shape that entries have.
    .safe = They are kept as they came.
    .do = Look at them, and ask the worker; other records of the phone are not touched.
error-segment_texts = The texts are not those that the phone signed.
    .safe = They are kept as they came.
    .do = Ask the worker what was recorded, and tell the administrator.
error-segment_unlisted = The records are not among those that the phone signed.
    .safe = They are kept as they came.
    .do = Tell the administrator.
error-segment_changes = The records do not give the document that the phone made.
    .safe = The entries can be read; they are kept as they came.
    .do = Compare them with the worker, and tell the administrator.
error-entry_unopened = The office can’t open what the locked phone sealed for it.
    .safe = It is kept as it came.
    .do = Ask the worker to unlock the phone, which then sends it again; tell the administrator.
error-entry_malformed = The text is no entry.
    .safe = It is kept as it came.
    .do = Ask the worker what was recorded.
error-entry_wrong_device = The entry names another phone than the one that signed it.
    .safe = It is kept as it came.
    .do = Ask both workers.
error-entry_wrong_epoch = The entry names another stretch of the phone’s records.
    .safe = It is kept as it came.
    .do = Look whether the phone was restored or copied.
error-entry_wrong_sequence = The entry stands at another place than it says.
    .safe = It is kept as it came.
    .do = Look whether the phone was restored or copied.
error-entry_wrong_document = The entry names another visit than the one it was sent for.
    .safe = It is kept as it came.
    .do = Ask the worker which visit it belongs to.
