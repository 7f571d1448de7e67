//! An office and phones in one process, joined without a network: what the single-device figures are measured on.

use crate::client::Failure;
use crate::provider;
use holdfast_engine::port::{Answer, Ask, Disk, Network, NetworkFault, Ports, ServerAddress};
use holdfast_engine::{Enrol, Phone, Settings};
use holdfast_host::SystemRandom;
use holdfast_model::port::Clock;
use holdfast_sync_server::office::{Office, OfficeConfig};
use holdfast_vault::{KeyCustodian, MasterKey, Secret32};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Straight into the office.
pub struct Direct(pub Office);

impl Network for Direct {
    fn exchange(&self, ask: Ask, _: Duration) -> Result<Answer, NetworkFault> {
        Ok(self.0.answer(ask))
    }
}

/// The PIN of every bench phone.
pub const PIN: &str = "739215";

/// Opens an office with its store in a directory.
pub fn office(data: &Path, clock: Arc<dyn Clock>) -> Result<Office, Failure> {
    let master_key = MasterKey::from_secret(Secret32::new([7; 32]));
    Ok(Office::open(OfficeConfig {
        drill: true,
        provider: provider::provider(),
        branch: provider::branch(),
        ..OfficeConfig::new(data, master_key, clock, Arc::new(SystemRandom::new()))
    })?)
}

/// Everything a phone needs, with the office at the other end.
pub fn ports(office: &Office, clock: Arc<dyn Clock>, disk: Arc<dyn Disk>, custodian: Arc<dyn KeyCustodian>) -> Ports {
    Ports { clock, random: Arc::new(SystemRandom::new()), network: Arc::new(Direct(office.clone())), disk, custodian }
}

/// Enrols a phone for a device of the workload and lets it take its pack.
pub fn enrolled(office: &Office, ports: Ports, settings: Settings, device: usize) -> Result<Phone, Failure> {
    let code = office.enrol_code(&provider::worker(device), holdfast_model::time::HOUR)?;
    let mut phone = Phone::open(ports, settings)?;
    let servers = vec![ServerAddress::parse("http://127.0.0.1:1").ok_or("no address")?];
    phone.enrol(Enrol { code: code.code, servers, label: format!("D-{device}"), pin: PIN.into() })?;
    phone.sync()?;
    Ok(phone)
}
