//! Writes every CRD as `<plural>.<group>.yaml` into the folder named by the argument. JSON is YAML too.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("usage: crds FOLDER")?);
    fs::create_dir_all(&folder)?;
    for kind in meshglot_crds::all() {
        let file = folder.join(format!("{}.yaml", kind.crd_name()));
        fs::write(file, serde_json::to_string_pretty(&kind.crd())?)?;
    }
    Ok(())
}
