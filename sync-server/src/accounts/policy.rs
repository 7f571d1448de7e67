//! One question, asked in one place: may this person do this, there? What is not written down here is refused.

use holdfast_model::id::BranchId;
use holdfast_model::wire::Role;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What they are.
    pub role: Role,
    /// Where they are that.
    pub branches: Vec<BranchId>,
}

/// What somebody wants to do. Every route of the console names exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Read the help page; sign out; hide names on their own screen.
    UseConsole,
    /// See the board, a visit or a person.
    ReadCare,
    /// Log a phone call.
    LogPhoneCall,
    /// Send cover to a visit.
    SendCover,
    /// Say what was done about something.
    DealWith,
    /// Call a visit off.
    CancelVisit,
    /// See which phone shows which plan version.
    ReadPlans,
    /// See the phones.
    ReadPhones,
    /// Make a code that enrols a phone.
    EnrolPhone,
    /// Shut a phone out.
    RevokePhone,
    /// See what is held for checking.
    ReadHeld,
    /// Decide about what is held for checking: take it in, set it aside.
    DecideHeld,
    /// Import from the provider's system.
    Import,
    /// See outages.
    ReadOutages,
    /// Say that an outage began or ended.
    ManageOutage,
    /// Make and close accounts.
    ManageAccounts,
}

impl Action {
    /// Every action there is, for the tests that walk over all of them.
    pub const ALL: [Action; 16] = [
        Action::UseConsole,
        Action::ReadCare,
        Action::LogPhoneCall,
        Action::SendCover,
        Action::DealWith,
        Action::CancelVisit,
        Action::ReadPlans,
        Action::ReadPhones,
        Action::EnrolPhone,
        Action::RevokePhone,
        Action::ReadHeld,
        Action::DecideHeld,
        Action::Import,
        Action::ReadOutages,
        Action::ManageOutage,
        Action::ManageAccounts,
    ];
}

/// What it would be done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// Something of one branch: a visit, a phone, a board.
    Branch(BranchId),
    /// Nothing that belongs to a branch: the help page, one's own session.
    Own,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody in this role may do it.
    #[error("not in this role")]
    Role,
    /// It belongs to a branch that is not theirs.
    #[error("not in this branch")]
    Branch,
}

/// May this actor do this to that? Everything that is not allowed here is refused.
pub fn authorize(actor: &Actor, action: Action, resource: &Resource) -> Result<(), Denied> {
    role_may(actor.role, action)?;
    match resource {
        Resource::Own if action == Action::UseConsole => Ok(()),
        Resource::Own => Err(Denied::Branch),
        Resource::Branch(branch) if actor.branches.contains(branch) => Ok(()),
        Resource::Branch(_) => Err(Denied::Branch),
    }
}

/// May this role do this at all, somewhere?
pub fn role_may(role: Role, action: Action) -> Result<(), Denied> {
    use Action::*;
    let least = match action {
        UseConsole | ReadCare | ReadPlans | ReadPhones | ReadOutages => Role::Lead,
        // A phone call or cover is the office's statement, made by a coordinator.
        LogPhoneCall | SendCover | DealWith | CancelVisit | ReadHeld | ManageOutage => Role::Coordinator,
        EnrolPhone | RevokePhone | DecideHeld => Role::Manager,
        Import | ManageAccounts => Role::Administrator,
    };
    // Each may do what the one before may, and more. Care workers have a phone; the console shows a whole branch, which is not theirs to see.
    let rank = |role| match role {
        Role::Worker => 0,
        Role::Lead => 1,
        Role::Coordinator => 2,
        Role::Manager => 3,
        Role::Administrator => 4,
    };
    let may = rank(role) >= rank(least);
    if may { Ok(()) } else { Err(Denied::Role) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The policy as a manager would read it; kept apart from the code, so that changing one without the other fails.
    const TABLE: &str = "
        action          worker lead coordinator manager administrator
        UseConsole      no     yes  yes         yes     yes
        ReadCare        no     yes  yes         yes     yes
        LogPhoneCall    no     no   yes         yes     yes
        SendCover       no     no   yes         yes     yes
        DealWith        no     no   yes         yes     yes
        CancelVisit     no     no   yes         yes     yes
        ReadPlans       no     yes  yes         yes     yes
        ReadPhones      no     yes  yes         yes     yes
        EnrolPhone      no     no   no          yes     yes
        RevokePhone     no     no   no          yes     yes
        ReadHeld        no     no   yes         yes     yes
        DecideHeld      no     no   no          yes     yes
        Import          no     no   no          no      yes
        ReadOutages     no     yes  yes         yes     yes
        ManageOutage    no     no   yes         yes     yes
        ManageAccounts  no     no   no          no      yes
    ";

    const ROLES: [Role; 5] = [Role::Worker, Role::Lead, Role::Coordinator, Role::Manager, Role::Administrator];

    fn branch(name: &str) -> BranchId {
        BranchId::new(name).expect("a literal")
    }

    #[test]
    fn every_role_may_do_exactly_what_the_table_says_in_its_own_branch_and_nothing_elsewhere() {
        let mut rows = 0;
        for line in TABLE.trim().lines().skip(1) {
            let words: Vec<_> = line.split_whitespace().collect();
            let action = *Action::ALL.iter().find(|a| format!("{a:?}") == words[0]).expect("an action of the table");
            for (role, may) in ROLES.iter().zip(&words[1..]) {
                let actor = Actor { role: *role, branches: vec![branch("NQ")] };
                let own = if action == Action::UseConsole { Resource::Own } else { Resource::Branch(branch("NQ")) };
                assert_eq!(authorize(&actor, action, &own).is_ok(), *may == "yes", "{role:?} {action:?}");
                assert!(authorize(&actor, action, &Resource::Branch(branch("SQ"))).is_err(), "{role:?} {action:?} elsewhere");
            }
            rows += 1;
        }
        assert_eq!(rows, Action::ALL.len(), "an action without a row");
    }

    #[test]
    fn somebody_without_a_branch_may_only_use_the_console() {
        let actor = Actor { role: Role::Administrator, branches: Vec::new() };
        for action in Action::ALL {
            assert!(authorize(&actor, action, &Resource::Branch(branch("NQ"))).is_err());
            assert_eq!(authorize(&actor, action, &Resource::Own).is_ok(), action == Action::UseConsole);
        }
    }
}
