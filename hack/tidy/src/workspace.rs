//! The members of the workspace and what they depend on, as `cargo metadata` tells it.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// One crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Such as `meshglot-istio`.
    pub name: String,
    /// Folder below the root, with `/`: `backends/istio`.
    pub folder: String,
    /// In the order of the manifest.
    pub dependencies: Vec<Dependency>,
}

/// What a manifest asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The package, whatever it is renamed to.
    pub name: String,
    /// For what.
    pub kind: Kind,
}

/// For what a dependency is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The crate itself.
    Normal,
    /// Its tests, examples and benches.
    Dev,
    /// Its build script.
    Build,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: String,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<RawDependency>,
}

#[derive(Deserialize)]
struct RawDependency {
    name: String,
    kind: Option<String>,
}

/// Asks cargo. Nothing is downloaded and no lock file is written.
///
/// # Errors
/// cargo's own words.
pub fn members(root: &Path) -> Result<Vec<Member>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).current_dir(root);
    let output = command.output().map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    read(&String::from_utf8_lossy(&output.stdout))
}

/// Reads what `cargo metadata --no-deps` printed.
///
/// # Errors
/// The text is no such answer.
pub fn read(text: &str) -> Result<Vec<Member>, String> {
    let metadata: Metadata = serde_json::from_str(text).map_err(|error| format!("cargo metadata: {error}"))?;
    let root = metadata.workspace_root.replace('\\', "/");
    let member = |package: Package| {
        let manifest = package.manifest_path.replace('\\', "/");
        let folder = manifest.trim_end_matches("/Cargo.toml");
        let folder = folder.strip_prefix(&root).unwrap_or(folder).trim_start_matches('/').to_owned();
        Member { name: package.name, folder, dependencies: package.dependencies.into_iter().map(dependency).collect() }
    };
    Ok(metadata.packages.into_iter().map(member).collect())
}

fn dependency(raw: RawDependency) -> Dependency {
    let kind = match raw.kind.as_deref() {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    };
    Dependency { name: raw.name, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_becomes_members_with_folders_below_the_root() {
        let text = r#"{"workspace_root": "/x", "packages": [
            {"name": "a", "manifest_path": "/x/backends/a/Cargo.toml", "dependencies": [
                {"name": "b", "kind": null}, {"name": "c", "kind": "dev"}, {"name": "d", "kind": "build"}]}]}"#;
        let members = read(text).expect("an answer of cargo");
        let dependencies = [("b", Kind::Normal), ("c", Kind::Dev), ("d", Kind::Build)];
        let dependencies = dependencies.map(|(name, kind)| Dependency { name: name.into(), kind }).to_vec();
        assert_eq!(members, [Member { name: "a".into(), folder: "backends/a".into(), dependencies }]);
    }
}
