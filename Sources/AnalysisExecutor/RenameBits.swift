internal import Glibc

/// Puts a file in the place of another at once; false where the system refuses.
func renames(_ path: String, to target: String) -> Bool {
  unsafe rename(path, target) == 0
}
