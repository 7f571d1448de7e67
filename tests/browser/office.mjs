// A real office and a real phone for the tests: the programs themselves, on a new directory, at 10:41 on the sample day.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, renameSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, "../..");

export const arg = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : fallback;
};

const bins = process.env.HOLDFAST_BIN ?? join(root, "target/debug");
export const serverBin = resolve(arg("server", join(bins, "holdfast-server")));
export const phoneBin = resolve(arg("phone", join(bins, "holdfast")));

// Runs a program to its end; a refusal is an error that says what the program said.
export const run = (program, args, env = {}) => new Promise((done, fail) => {
  execFile(program, args, { timeout: 120_000, maxBuffer: 64 << 20, env: { ...process.env, ...env } }, (error, out, err) => {
    if (error) fail(new Error(`${program} ${args.join(" ")}\n${out}\n${err}\n${error.message}`));
    else done(out);
  });
});

export const person = { name: "Hugh Irwin", worker: "W-90", signIn: "hugh.irwin", password: "a boat in a storm" };

export class Office {
  constructor(dir, clockFile) {
    this.dir = dir;
    this.data = join(dir, "data");
    this.clockFile = clockFile;
    this.clock = `file:${clockFile}`;
  }

  // A new office on the sample provider. `folder` holds its CSV files.
  static async make({ at = "2026-11-03T10:41:07Z", folder = join(root, "sample/northquay"), branch = "northquay", second = "" } = {}) {
    const dir = mkdtempSync(join(tmpdir(), "holdfast-browser-"));
    const office = new Office(dir, join(dir, "clock"));
    office.branch = branch;
    office.tell(at);
    await run(serverBin, ["--data", office.data, "--clock", office.clock, "import", folder, "--branch", branch, "--author", person.worker]);
    if (second) {
      // A branch with one worker and nobody to visit: enough for somebody to choose between the two.
      const other = join(dir, "other");
      mkdirSync(other);
      writeFileSync(join(other, "workers.csv"), "worker,name,role,telephone\nW-81,Una Vale,care worker,07700 900181\n");
      await run(serverBin, ["--data", office.data, "--clock", office.clock, "import", other, "--branch", second, "--new-branch", "--author", person.worker]);
    }
    await office.start();
    return office;
  }

  // Moves the clock of everybody who reads this file.
  tell(at) {
    writeFileSync(`${this.clockFile}.new`, at);
    renameSync(`${this.clockFile}.new`, this.clockFile);
    this.at = at;
  }

  async start(port = 0) {
    this.process = spawn(serverBin, ["--data", this.data, "--clock", this.clock, "--json", "serve", "--listen", `127.0.0.1:${port}`],
      { stdio: ["ignore", "pipe", "pipe"] });
    this.said = "";
    this.process.stderr.on("data", (d) => { this.said += d; });
    this.process.on("exit", (code) => { this.ended = code ?? "by a signal"; });
    const first = await new Promise((done, fail) => {
      let text = "";
      const timer = setTimeout(() => fail(new Error(`the server did not start: ${text} ${this.said}`)), 60_000);
      this.process.on("exit", (code) => { clearTimeout(timer); fail(new Error(`the server ended (${code}): ${text} ${this.said}`)); });
      this.process.stdout.on("data", (d) => {
        text += d;
        if (text.includes("\n")) { clearTimeout(timer); done(JSON.parse(text.split("\n")[0])); }
      });
    });
    this.base = first.listening;
    this.link = first.first_link;
    return this;
  }

  // Ends the server by its own process; SIGKILL when it is to die without a word.
  async stop(signal = "SIGTERM") {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((done) => this.process.once("exit", done));
    this.process.removeAllListeners("exit");
    this.process.once("exit", () => {});
    const over = new Promise((done) => this.process.once("exit", done));
    this.process.kill(signal);
    const late = setTimeout(() => this.process.kill("SIGKILL"), 15_000);
    await Promise.race([gone, over]);
    clearTimeout(late);
  }

  async code(worker) {
    const out = await run(serverBin, ["--data", this.data, "--clock", this.clock, "--json", "enrol-code", "--worker", worker]);
    return JSON.parse(out).code;
  }

  forget() {
    if (existsSync(this.dir)) rmSync(this.dir, { recursive: true, force: true });
  }
}

export class Phone {
  constructor(office, worker) {
    this.office = office;
    this.worker = worker;
    this.home = join(office.dir, `phone-${worker}`);
    this.pin = join(office.dir, "pin");
    writeFileSync(this.pin, "482913\n");
  }

  say(...args) {
    return run(phoneBin, ["--home", this.home, "--json", "--pin-file", this.pin, "--clock", this.office.clock, "--server", this.office.base, ...args]);
  }

  static async enrol(office, worker, label) {
    const phone = new Phone(office, worker);
    await phone.say("enrol", await office.code(worker), "--label", label);
    await phone.say("sync");
    return phone;
  }
}
