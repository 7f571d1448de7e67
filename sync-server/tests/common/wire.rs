//! The way from a real phone to the office: it can be cut, and an answer can get lost on the way back.

use holdfast_engine::port::{Answer, Ask, Network, NetworkFault};
use holdfast_sync_server::Office;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Wire {
    pub office: Mutex<Office>,
    pub cut: Mutex<bool>,
    pub lose: Mutex<bool>,
    pub bodies: Mutex<Vec<Vec<u8>>>,
}

impl Wire {
    pub fn to(office: &Office) -> Arc<Wire> {
        Arc::new(Wire { office: Mutex::new(office.clone()), cut: Mutex::default(), lose: Mutex::default(), bodies: Mutex::default() })
    }
}

impl Network for Wire {
    fn exchange(&self, ask: Ask, _: Duration) -> Result<Answer, NetworkFault> {
        if *self.cut.lock().unwrap() {
            return Err(NetworkFault::Unreachable);
        }
        self.bodies.lock().unwrap().push(ask.body.clone());
        let office = self.office.lock().unwrap().clone();
        let answer = office.answer(ask);
        if std::mem::take(&mut *self.lose.lock().unwrap()) { Err(NetworkFault::TimedOut) } else { Ok(answer) }
    }
}
