//! The file and its folder: readable by this user only, for the history holds
//! what people wrote.

use crate::ground;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use std::path::Path;

/// Makes the folder of the file, if it is not there.
pub fn make_folder(path: &Path) -> StoreResult<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        StoreError::new(
            StoreErrorKind::Configuration,
            format!("the folder {} of history.file cannot be made: {error}", folder.display()),
        )
    })
}

/// Makes the file, if it is not there.
pub fn make_private(path: &Path) -> StoreResult<()> {
    // SQLite says what is wrong with a file that is there.
    ground::make_private(path).map_err(|error| {
        StoreError::new(
            StoreErrorKind::Configuration,
            format!("history.file {} cannot be made: {error}", path.display()),
        )
    })
}
