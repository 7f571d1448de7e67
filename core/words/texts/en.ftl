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

## Errors: what happened, .safe what is safe, .do what to do

error-unknown = Something went wrong that this version has no words for ({ $code }).
    .safe = Everything saved on this phone or at the office is still there.
    .do = Try again; if it stays, tell the office this code.

## The phone

still-to-finish = { $n } still to finish
