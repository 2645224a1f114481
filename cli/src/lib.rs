//! The command line of meshglot: one file per subcommand, one table of exit codes, stdout for the answer alone.

mod adopt;
mod age;
pub mod args;
mod base;
mod can;
mod capabilities;
mod capture;
mod check;
mod cluster;
mod colour;
mod completion;
mod controller;
mod convert;
mod crds;
mod dashboard;
mod demo;
mod diff;
mod draw;
mod ends;
mod exit;
mod explain;
mod git;
mod inject;
mod input;
mod install;
mod io;
mod lint;
mod live;
mod look;
mod man;
mod matrix;
mod objects;
mod output;
mod pager;
mod panic;
mod plan;
mod policy_test;
pub mod process;
mod proxy;
mod prune;
mod render;
mod run;
mod schemas;
mod simulate;
mod suggest;
mod supervise;
mod switch;
mod verify;
mod version;
mod watch;

pub use capture::{Captured, capture};
pub use exit::Exit;
pub use io::Io;
pub use schemas::{input_schemas, page_schemas, schemas};

use args::{Cli, Command};

/// Runs one command with these streams. Arguments do not include the program's name.
///
/// What [`Io`] is given decides colour and symbols, so that the same call gives the same bytes.
pub fn run(cli: &Cli, io: &mut Io<'_>) -> Exit {
    let outcome = match &cli.command {
        Command::Render(args) => render::run(args, &cli.global, io),
        Command::Diff(args) => diff::run(args, io),
        Command::Lint(args) => lint::run(args, &cli.global, io),
        Command::Can(args) => can::run(args, io),
        Command::Simulate(args) => simulate::run(args, io),
        Command::Matrix(args) => matrix::run(args, io),
        Command::Dashboard(args) => dashboard::run(args, io),
        Command::Demo(args) => demo::run(args, io),
        Command::DemoService(args) => demo::serve(args),
        Command::Run(args) => run::run(args, io),
        Command::Controller(args) => controller::run(args, io),
        Command::Inject(args) => inject::run(args, io),
        Command::Proxy(args) => proxy::run(args, io),
        Command::Tap(args) => look::tap(args, io),
        Command::Edges(args) => look::edges(args, io),
        Command::Stat(args) => look::stat(args, io),
        Command::Events(args) => look::events(args, io),
        Command::Suggest(args) => suggest::run(args, io),
        Command::Get(args) => objects::get(args, io),
        Command::Describe(args) => objects::describe(args, io),
        Command::Status(args) => objects::status(args, io),
        Command::Wait(args) => objects::wait(args, io),
        Command::Apply(args) => objects::apply(args, io),
        Command::Delete(args) => objects::delete(args, io),
        Command::Install(args) => install::run(args, io),
        Command::Upgrade(args) => install::upgrade(args, io),
        Command::Uninstall(args) => install::uninstall(args, io),
        Command::Check(args) => check::run(args, io),
        Command::Switch(args) => switch::run(args, io),
        Command::Prune(args) => prune::run(args, io),
        Command::Adopt(args) => adopt::run(args, io),
        Command::Release(args) => adopt::release(args, io),
        Command::Top(args) => look::top(args, io),
        Command::Verify(args) => verify::run(args, io),
        Command::Test(args) => policy_test::run(args, io),
        Command::Convert(args) => convert::run(args, io),
        Command::Explain(args) => explain::run(args, io),
        Command::Crds(args) => crds::run(args, io),
        Command::Capabilities(args) => capabilities::run(args, io),
        Command::Completion(args) => completion::run(args, io),
        Command::Man(args) => man::run(args, io),
        Command::Version(args) => version::run(args, io),
        Command::WithParent(args) => supervise::with_parent(args),
    };
    match outcome {
        Ok(exit) => exit,
        Err(failure) => failure.tell(io),
    }
}
