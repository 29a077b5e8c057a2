import CPosix

/// Memory that was freed and that the C library keeps.
///
/// It keeps it apart for each of many threads, up to eight arenas a core: what one thread frees the
/// others don't get. A head fills over many threads and goes as a whole when it is sealed, so most
/// of that memory would stay with the process and serve nobody.
enum FreedMemory {
  /// Lets all threads share two arenas; for a process that hasn't many threads yet.
  static func share() { assay_limit_arenas(2) }

  /// Gives the system back what is free.
  static func giveBack() { assay_give_memory_back() }
}
