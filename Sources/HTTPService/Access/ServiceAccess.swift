package import Admission
package import TimeSeriesStore

/// Who may come in, and what each tenant finds inside.
package struct ServiceAccess: Sendable {
  /// A tenant's part of the server; nothing in it is another's.
  package struct Premises: Sendable {
    package var tenant: Tenant
    package var store: Store
    /// Where its snapshots go.
    package var dataDirectory: String
    /// Nil to serve none.
    package var analyses: AnalysisEndpoints?

    package init(
      tenant: Tenant, store: Store, dataDirectory: String, analyses: AnalysisEndpoints?
    ) {
      self.tenant = tenant
      self.store = store
      self.dataDirectory = dataDirectory
      self.analyses = analyses
    }
  }

  package var admission: Admission
  package var premises: [Premises]

  package init(admission: Admission, premises: [Premises] = []) {
    self.admission = admission
    self.premises = premises
  }
}
