
### The console: what only the office's pages say.

## The board

care-done-told = done, as told
board-heading-day = Visits today, { $day }
board-heading-window = Visits due { $from } to { $to }
board-nothing = No visits are planned for today. An administrator imports the rota.
board-nothing-found = No visit fits these filters.
when-day = today
when-now = around now
said-tasks = { $done } of { $of } tasks
said-tasks-unknown = Tasks not known
said-arrived-at = Arrived { $time }, { $method }
said-arrived-bare = Arrived { $time }
said-second-never = { $worker }: no word yet
said-dealt = Dealt with by { $worker } { $time }: { $how }
said-more = (and { $n } more)
run-title = { $worker } · run { $run }
run-title-run = run { $run }
run-title-none = Not on a run
run-continued = { $title }, continued
run-phone = phone: { $what }
phone-plans-checked = plans last checked { $time }
phone-rang = { $worker } rang { $time }
phone-none = no phone enrolled
silent-since = { $time } · { $duration }
screen-person-unknown = person not known here
screen-words-hidden = (words hidden)
screen-somebody = Somebody

## One visit

visit-number = Visit { $visit }
visit-rota = rota { $rota }
visit-unplanned = not on the rota: { $reason }
visit-not-planned = not on the rota
visit-called-off = called off, asked by { $who }, by { $worker }: { $reason }
visit-open-since = { $what }, since { $time }
line-arrive = { $worker } arrives
line-arrive-extra = { $worker } came as well
line-leave = { $worker } leaves
line-leave-extra = { $worker } left
line-at = planned { $time }
line-nothing = nothing yet
line-came = arrived { $time }
line-went = left { $time }
line-phoned = phone call: { $report }
line-disputed = two answers
line-not-ours = somebody else sees to it
line-no-answer = no answer yet
line-extra = not in the plan
contact-person = the person
pick-not-said = not said
cover-instead = instead of those on the rota
cover-too = as well

## One entry

entry-taken-back = Taken back by { $worker } { $time }: { $reason }
entry-at-first = At first
entry-put-right = Put right { $time }
entry-in-office = in the office
entry-on-phone = on { $phone }
entry-number = entry { $n } of its device
entry-reference = was { $ref }
tag-taken-back = taken back
tag-put-right = put right
tag-put-right-twice = put right twice, differently
tag-replaced = replaced by a later one
tag-contradicts = another entry says otherwise
tag-same-id = another text carries this name
tag-held = held for checking
tag-reviewed = taken in after checking
tag-unconfirmed = author unconfirmed
tag-dealt = dealt with

## One person

person-known-as = likes to be called { $name }
person-plan-effective = { $plan }, effective { $time }
person-version = v{ $version }: { $state }. Written by { $worker } { $time }.

## Plan versions and phones

plans-in-office = in the office: v{ $version }
plans-in-office-effective = in the office: v{ $version }, effective { $time }
plans-same = { $version }, the same
plans-older = { $version }, older
plans-other = { $version }, not one the office knows as current
plans-none = not on this phone
plans-never = never yet
plans-contested = Two versions stand side by side. Nobody has said which holds.
phones-nothing-waiting = nothing
phones-waiting = { $n } when last heard
phones-waiting-since = { $n } when last heard, oldest { $time }
phones-received = { $n } received
phones-held = { $n } held for checking
phones-forked = two histories under one name: a copied or restored phone
phones-clock-unknown = not known
phones-battery = { $n } %
phones-revoked = shut out { $time } by { $by }: { $why }
phones-revoked-before = shut out { $time }
phones-glass = opened by { $worker } { $time } without the office, after too long without contact: { $why }
phones-taken-off = { $worker } taken off { $time } by { $by }: { $why }
phones-let-in-again = { $worker } taken off { $time } by { $by }: { $why }; let in again { $back }
held-entries = { $n ->
    [0] not known
    [one] 1 entry
   *[other] { $n } entries
}
held-about-unknown = can’t be read
held-taken-in = Taken in by { $worker }, { $time }: { $why }
held-set-aside = Set aside by { $worker }, { $time }: { $why }
held-put-back = Put back by { $worker }, { $time }: { $why }
held-written = { $worker }, written { $time }
held-no-entry = a text that is no entry
held-bytes = { $n } bytes that can’t be read here
held-more = { $n } more are kept, and not shown here.
held-in-record = Its entries stand on the visit’s page, marked as held for checking.
held-finding = Nothing more came with it: it is something noticed about the phone’s records.
held-take-entries = Its entries get their place in the record, marked as taken in after checking, and colleagues’ phones are handed them. This can’t be undone: in the record they are put right like any other entry.
held-take-document = Its entries stand as taken in after checking, and phones are handed what came after them. The entries themselves are not handed to phones, which could not check them. This can’t be undone.
held-take-once-known = Not while the phone is unknown. Enrol it with a new code: with its own key it gets its name back, and what it brought can be read and taken in.
held-take-never = There is nothing in it that has a place in the record. Write down what you find out on the visit’s page, and set this aside.

## Outages

outage-phones-record = Phones still record.
outage-fact-since = Down since
outage-fact-opened-by = Opened by
outage-fact-rota = Rota
outage-fact-frozen = frozen { $time }
outage-fact-visits = Visits due meanwhile
outage-fact-ended = Ended
outage-fact-lasted = Lasted
outage-fact-closed-by = Closed by
outage-fact-cause = Cause

## Import

import-reading = Reading the files
import-comparing = Comparing { $n } rows with what is here
import-recording = Recording { $n } entries
import-recorded = Recorded
import-ready = Nothing stands in the way
import-ready-says = Nothing has been imported yet. This is what would be:
import-nothing-new = Everything is here already
import-nothing-new-says = These files say nothing that the office does not know.
import-refused = { $n ->
    [one] One thing to put right first
   *[other] { $n } things to put right first
}
import-refused-says = Nothing was imported. Put these right in your system, or in the files, and choose them again.
import-failed = The files are good, but could not be recorded
import-done = { $n ->
    [one] Imported: 1 new entry
   *[other] Imported: { $n } new entries
}
import-done-says = All of it, in one piece. Phones take it with their next contact.
import-count-workers = { $n ->
    [one] worker, new or changed
   *[other] workers, new or changed
}
import-count-people = { $n ->
    [one] person, new or changed
   *[other] people, new or changed
}
import-count-plans = { $n ->
    [one] plan version
   *[other] plan versions
}
import-count-visits = { $n ->
    [one] visit, new or changed by the rota
   *[other] visits, new or changed by the rota
}
import-count-visits-following = { $n ->
    [one] visit to come that follows a changed plan
   *[other] visits to come that follow a changed plan
}
import-count-unchanged = { $n ->
    [one] row that is here already
   *[other] rows that are here already
}

## Around every page

drill-clock = This server runs on its own clock: { $day }. Nothing here is happening now.
did-welcome = Welcome. Next: import your people, plans and rota, then enrol the phones.
did-call = The phone call is logged.
did-cover = Cover is sent. Tell them: their phone shows it when it next has signal.
did-deal = It is written down as dealt with.
did-cancel = The visit is called off.
did-revoked = That phone is shut out. What is still on it will be held for checking.
did-taken-off = That worker is taken off the phone. What of theirs is still on it will be held for checking; the others carry on.
did-opened = The outage is open.
did-closed = The outage is closed.
did-imported = Imported.
did-account = Done.
did-held-take = It is taken in: its entries have their place in the record.
did-held-aside = It is set aside, and kept.
did-held-back = It is to be looked at again.
means-done = It took place, everything is answered, and nothing needs action.
means-act = It took place, but something needs action: a dose not had, an incident, an answer that is missing.
means-there = A care worker is there now, or was when somebody said so over the phone.
means-on-the-way = A care worker is on the way, in time.
means-late = A care worker is on the way, and late.
means-not-done = It did not take place, or not whole, and we know why.
means-missed = Somebody says that nobody came. It never comes from silence.
means-no-word = Its time has come and nothing is known. It may well be done: no word is not missed.
means-due = Its time has not come yet.
