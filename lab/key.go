package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
)

// seedOf gives what tells a certificate from others of a world. Keys, serial
// numbers and signatures come from it, so that two runs of one day show the
// same certificates; they are worth nothing outside of the lab.
func seedOf(template *x509.Certificate) [sha256.Size]byte {
	return sha256.Sum256(fmt.Append(nil, template.Subject, template.DNSNames, template.IPAddresses, template.EmailAddresses, template.IsCA, template.NotBefore, template.NotAfter, template.ExtKeyUsage))
}

// steadyKey makes the key for a certificate.
func steadyKey(template *x509.Certificate) (*ecdsa.PrivateKey, error) {
	seed := seedOf(template)
	var err error
	for range 8 { // hardly ever a number is not a key
		var key *ecdsa.PrivateKey
		if key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:]); err == nil {
			return key, nil
		}
		seed = sha256.Sum256(seed[:])
	}
	return nil, fmt.Errorf("make a key: %w", err)
}

// steadySerial makes the serial number.
func steadySerial(template *x509.Certificate) *big.Int {
	seed := seedOf(template)
	return new(big.Int).SetUint64(binary.BigEndian.Uint64(seed[:]) >> 2)
}

// A steadySigner signs the same in the same way every time (RFC 6979).
type steadySigner struct{ crypto.Signer }

// Sign implements crypto.Signer.
func (s steadySigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, isECDSA := s.Signer.(*ecdsa.PrivateKey); isECDSA {
		random = nil
	}
	return s.Signer.Sign(random, digest, opts)
}
