
## The board: care

care-due = due
care-on-the-way = on the way
care-worker-on-the-way = { $worker } on the way
care-there-now = there now
care-there-at = there at { $time }
care-done = done
care-done-told = done, as told
care-done-act = done: act
care-no-word = no word
care-missed = missed
visit-cancelled = cancelled
tally-act = act
tally-there = there
tally-on-the-way = on way
tally-late = late
tally-not-done = not done
board-late = { $minutes } late
board-check-now = check now

## The board: how we know

know-nothing = nothing yet
know-past-start = { $duration } past start
know-call = { $who }, { $time }
know-call-logged = logged by { $worker } { $time }
know-office = the office
know-office-by = { $worker }, { $time }
know-phone = { $worker }’s phone
know-coming-in = records coming in, { $have } of { $of }
know-written-received = written { $written }, office has it { $received }
know-written = written { $written }
tally-phone = care worker’s phone
tally-call = phone call
tally-office = the office

## The board: what was said

said-tasks = { $done } of { $of } tasks
said-tasks-unknown = Tasks not known
said-arrived = Arrived { $time }, { $method }
said-from-to = { $from }–{ $to }
said-plan = plan v{ $version }
said-no-word = No word is not missed.
said-second-silent = { $worker }: no word since { $time }
said-second-never = { $worker }: no word yet
said-not-dealt = nobody has dealt with this
said-dealt = dealt with by { $worker } { $time }: { $how }
said-dose = { $medicine } { $outcome }.
said-dose-unknown = { $medicine } { $time }: no answer.
said-dose-twice = { $medicine }: recorded twice.
said-dose-dispute = { $medicine }: two answers.
said-incident = Incident: { $what }.
said-incident-unsafe = Incident: { $what }. Not safe yet.
said-concern = Concern: { $about }.
said-task-unanswered = { $task }: no answer.
said-nobody-told = { $outcome }, nobody told.
said-nobody-came = { $who } says nobody came.
said-two-amendments = Put right twice, differently.
said-two-plans = Planned twice, differently.
said-two-answers = Two answers: { $about }.
said-two-outcomes = Two endings.
said-presence = Phone and phone call differ.
said-same-id = Two texts under one name.
said-unreadable = Something can’t be read here yet.
said-held = Held for checking.
said-unconfirmed = Author unconfirmed: { $worker }.
said-unplanned = Not on the rota: { $reason }
said-waits-tasks = { $n ->
    [one] 1 task to answer
   *[other] { $n } tasks to answer
}
said-waits-doses = { $n ->
    [one] 1 dose to answer
   *[other] { $n } doses to answer
}
said-waits-leave = { $worker } has not left
said-waits-nobody = nobody is known to have come
said-waits-coming = records are still coming in
said-waits-unreadable = { $n ->
    [one] 1 entry can’t be read here yet
   *[other] { $n } entries can’t be read here yet
}
said-waits-held = { $n ->
    [one] 1 entry is held for checking
   *[other] { $n } entries are held for checking
}

## The board: runs and phones

run-title = { $worker } · run { $run }
run-title-worker = { $worker }
run-title-run = Run { $run }
run-title-none = Not on a run
run-continued = { $title }, continued
phone-no-word-since = phone: no word since { $time } ({ $duration })
phone-never-heard = phone: not heard from yet
phone-heard = phone heard { $time }
phone-heard-waiting = phone heard { $time }, { $n } waiting
phone-heard-none-waiting = phone heard { $time }, nothing waiting
phone-plans-checked = plans last checked { $time }
phone-rang = { $worker } rang { $time }
phone-none = no phone enrolled
silent-since = { $time } · { $duration }
silent-never = not yet

## Check now

check-dose-by = dose by { $time }
check-dose-at = dose { $time }
check-hoist-at = hoist at { $time }
check-two-at = two at { $time }
check-alone = lives alone
check-dose-outcome = dose { $outcome }
check-dose-unknown = dose not known
check-dose-twice = dose twice?
check-incident = { $what }
check-nobody-came = nobody came?
check-time-critical = time critical
check-nobody-told = nobody told
why-no-word = No word, { $duration } past start.
why-no-word-yet = No word yet.
why-on-the-way = Somebody is on the way.
why-left-for-dose = { $duration } left for the dose.
why-dose-late = The dose is { $duration } late.
why-second-silent = Second worker not heard from.
why-none-heard = Neither worker heard from.
why-tell-no-hoist = Tell { $worker }: don’t hoist alone.
why-second-then = { $worker } is on it.
why-alone = Nobody else is in the house.
why-dose-not-had = { $outcome } { $time }, reason { $reason }.
why-dose-not-had-bare = { $outcome } { $time }.
why-not-dealt = Not dealt with.
why-dose-unknown = Due { $time }. The visit is over and nobody has said.
why-dose-twice = Two records say { $medicine } was taken. Ask before the next one.
why-incident = { $time }. Not dealt with.
why-not-safe = Not safe yet, { $time }.
why-nobody-came = { $who }, { $time }.
why-time-critical = Must be on time.
why-nobody-told = { $time }. Nobody has been told.
ring = Ring { $name }
ring-gp = Ring GP
ring-on-call = Ring on-call

## Screens

screen-person-unknown = person not known here
screen-words-hidden = (words hidden)
said-more = (and { $n } more)
said-somebody = Somebody
said-arrived-bare = Arrived { $time }
board-dose = { $due } dose, by { $closes }
dose-due-window = due { $due }, between { $from } and { $to }
when-day = today
when-now = around now
