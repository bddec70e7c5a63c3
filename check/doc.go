// Package check is the conductor and the front door of the library: [Run] takes
// a target, feeds what discovery finds to probes as it arrives, signs in within
// the budget of the account, decides when enough is proved, asks the rules, and
// tells everything as one stream of events. [Discover] looks only at what is
// published.
package check
