//! The commands that the demo names: each works as it is printed, in the folder where the demo was started.

use std::env::{current_dir, current_exe, split_paths, var_os};
use std::path::{Path, PathBuf};

/// A command with its number on the keyboard, and what it is for.
pub(super) struct Command {
    pub(super) line: String,
    pub(super) what: &'static str,
}

/// All of them; the first has the number 1.
pub(super) struct Commands(Vec<Command>);

impl Commands {
    pub(super) fn of(folder: &Path) -> Self {
        let program = quoted(&program());
        let dir = quoted(folder);
        let ratings = quoted(&folder.join("policies/ratings.yaml"));
        let all = [
            (format!("{program} can reviews-v1 GET http://ratings:9080/ratings/7 -n bookshop -R -f {dir}"), "why are the stars missing?"),
            (format!("sed -i s/PUT/GET/ {ratings}"), "or line 9 in your editor: save it, and watch this screen"),
            (
                format!("{program} diff --from istio --to linkerd -f {dir}/policies -f {dir}/services.yaml -f {dir}/kubernetes"),
                "what would another mesh do otherwise?",
            ),
            (format!("{program} edges --config-dir {dir}"), "who calls whom, and who is denied?"),
            (format!("{program} tap svc/reviews --for 3s --config-dir {dir}"), "each call to the reviews, as it ends"),
            (format!("{program} test -f {dir}/tests"), "does all of it hold?"),
        ];
        Self(all.into_iter().map(|(line, what)| Command { line, what }).collect())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &Command)> {
        (1..).zip(&self.0)
    }

    /// The command of a key.
    pub(super) fn key(&self, key: u8) -> Option<&Command> {
        let number = char::from(key).to_digit(10)?;
        self.0.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }
}

/// How this program is called from here: by its name if that finds it, else by its path.
fn program() -> PathBuf {
    let Ok(own) = current_exe() else { return "meshglot".into() };
    let name = own.file_name().map(PathBuf::from).unwrap_or_default();
    let found = var_os("PATH").and_then(|path| split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file()));
    if found.is_some_and(|found| found.canonicalize().ok() == own.canonicalize().ok()) {
        return name;
    }
    let here = current_dir().ok().and_then(|here| own.strip_prefix(here).ok().map(Path::to_owned));
    here.unwrap_or(own)
}

/// As a shell reads it as one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    // Only a zero byte cannot be quoted, and no path has one.
    shlex::try_quote(&text).map(std::borrow::Cow::into_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_words() {
        let commands = Commands::of(Path::new("my shop"));
        let line = &commands.key(b'6').expect("a command").line;
        assert!(line.ends_with(" test -f 'my shop'/tests"), "{line}");
        assert_eq!(shlex::split(line).expect("words").last().map(String::as_str), Some("my shop/tests"));
        assert!(commands.key(b'0').is_none() && commands.key(b'7').is_none() && commands.key(b'x').is_none());
    }
}
