//! The images of `hack/deploy/Dockerfile`, as Debian's buildah builds them: nothing is asked of a registry.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;
use serde_json::Value;

use crate::static_program::static_program;

const BUILDAH: &str = "/usr/bin/buildah";

/// A place of its own for images, gone with it.
struct Builder {
    folder: tempfile::TempDir,
}

impl Builder {
    /// `None`: images cannot be built here, which one line says.
    fn new() -> Option<Self> {
        if !geteuid().is_root() || !Path::new(BUILDAH).exists() {
            assert!(std::env::var_os("CI").is_none(), "hack/test installs buildah");
            eprintln!("skip: images: they take root and buildah, which hack/test installs");
            return None;
        }
        Some(Self { folder: tempfile::tempdir().expect("a folder") })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What buildah prints.
    fn buildah(&self, words: &[&str]) -> String {
        let mut command = Command::new(BUILDAH);
        command.arg("--root").arg(self.path("root")).arg("--runroot").arg(self.path("run")).args(["--storage-driver", "vfs"]);
        let said = command.args(words).output().expect("it runs");
        assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }

    /// Builds an image of a context, without a word to a registry.
    fn build(&self, file: &Path, tag: &str, context: &str, words: &[&str]) {
        let (file, context) = (file.display().to_string(), self.path(context).display().to_string());
        self.buildah(&[&["build", "--isolation", "chroot", "--pull-never", "-f", &file, "-t", tag], words, &[&context]].concat());
    }

    /// A container of an image, with its files.
    fn container(&self, image: &str) -> (String, PathBuf) {
        let name = self.buildah(&["from", "--pull-never", image]);
        let files = self.buildah(&["mount", &name]);
        (name, files.into())
    }

    fn settings(&self, image: &str) -> Value {
        let said: Value = serde_json::from_str(&self.buildah(&["inspect", "--type", "image", image])).expect("JSON");
        said["OCIv1"]["config"].clone()
    }
}

/// The program as a release would have it, but for what a debugger reads.
fn program(builder: &Builder) {
    fs::create_dir(builder.path("release")).expect("made");
    let stripped = builder.path("release").join("meshglot");
    let status = Command::new("strip").arg("-o").arg(&stripped).arg(static_program()).status().expect("it runs");
    assert!(status.success());
}

/// A context with `nft` and its libraries.
fn nft(builder: &Builder) {
    let nft = ["/usr/sbin/nft", "/usr/bin/nft"].map(Path::new).into_iter().find(|path| path.exists()).expect("nft: hack/test installs it");
    let base = builder.path("base");
    let mut files = BTreeSet::from([nft.to_owned()]);
    let said = Command::new("ldd").arg(nft).output().expect("it runs");
    files.extend(String::from_utf8_lossy(&said.stdout).split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from));
    for file in files {
        let to = base.join(file.strip_prefix("/").expect("a whole path"));
        fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        fs::copy(&file, to).expect("copied");
    }
    fs::write(builder.path("Base"), "FROM scratch\nCOPY . /\n").expect("written");
    builder.build(&builder.path("Base"), "localhost/nft:1", "base", &[]);
}

#[test]
fn both_images_come_of_one_file() {
    let Some(builder) = Builder::new() else { return };
    program(&builder);
    nft(&builder);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hack/deploy/Dockerfile");

    // That of sidecar and controller holds the program and nothing else; nobody in it is root.
    builder.build(&file, "localhost/meshglot:1", "release", &[]);
    let (alone, files) = builder.container("localhost/meshglot:1");
    let names: Vec<_> = fs::read_dir(&files).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names, ["meshglot"]);
    let run = |container: &str, words: &[&str]| builder.buildah(&[&["run", "--isolation", "chroot", container, "--"], words].concat());
    assert!(run(&alone, &["/meshglot", "version"]).contains(env!("CARGO_PKG_VERSION")), "with no library anywhere");
    let settings = builder.settings("localhost/meshglot:1");
    assert_eq!((&settings["User"], &settings["Entrypoint"][0]), (&"65532:65532".into(), &"/meshglot".into()));

    // That which redirects has `nft`, where its program finds it, and is root until a pod says otherwise.
    builder.build(&file, "localhost/capture:1", "release", &["--target", "capture", "--build-arg", "NFT=localhost/nft:1"]);
    let settings = builder.settings("localhost/capture:1");
    assert_eq!((&settings["User"], &settings["Entrypoint"][0]), (&Value::Null, &"/meshglot".into()));
    let (container, _) = builder.container("localhost/capture:1");
    assert!(run(&container, &["/meshglot", "version"]).contains(env!("CARGO_PKG_VERSION")));
    assert!(run(&container, &["nft", "--version"]).starts_with("nftables"));
    builder.buildah(&["umount", "--all"]);
}
