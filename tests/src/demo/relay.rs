//! Signal: a phone of the demo reaches the office through a relay of its own, which can be switched off under its feet.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A way to the office that can be cut.
pub struct Relay {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    signal: AtomicBool,
    office: SocketAddr,
    open: Mutex<Vec<TcpStream>>,
}

impl Relay {
    /// Listens on a free port of this machine and passes everything on to the office.
    pub fn to(office: SocketAddr) -> std::io::Result<Relay> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { signal: AtomicBool::new(true), office, open: Mutex::default() });
        let shared = state.clone();
        thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                shared.connect(phone);
            }
        });
        Ok(Relay { address, state })
    }

    /// Where the phone finds it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether there is signal.
    pub fn has_signal(&self) -> bool {
        self.state.signal.load(Ordering::SeqCst)
    }

    /// Signal comes or goes. When it goes, whatever is under way is cut in the middle.
    pub fn set_signal(&self, signal: bool) {
        self.state.signal.store(signal, Ordering::SeqCst);
        if !signal {
            for stream in self.state.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
                // Gone already is as good.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

impl State {
    /// Joins a phone's connection with one to the office. Without signal the connection just ends.
    fn connect(&self, phone: TcpStream) {
        if !self.signal.load(Ordering::SeqCst) {
            return;
        }
        let Ok(office) = TcpStream::connect(self.office) else { return };
        let pairs = [(phone.try_clone(), office.try_clone()), (office.try_clone(), phone.try_clone())];
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|stream| stream.peer_addr().is_ok());
            open.extend([phone, office]);
        }
        for (from, to) in pairs {
            if let (Ok(from), Ok(to)) = (from, to) {
                thread::spawn(move || copy(from, to));
            }
        }
    }
}

/// Copies until one side ends, then ends the other.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}
