// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Signed data of the money protocols and who signed it. Twin of protocols/ledger/eip712.ts and recover.ts.
library Signed {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId)");
    bytes32 private constant CHEQUE_TYPE =
        keccak256("Cheque(address chequebook,address beneficiary,uint256 cumulativePayout)");
    bytes32 private constant CASHOUT_TYPE =
        keccak256(
            "Cashout(address chequebook,address sender,uint256 requestPayout,address recipient,uint256 callerPayout)"
        );
    bytes32 private constant TIMEOUT_TYPE =
        keccak256(
            "CustomDecreaseTimeout(address chequebook,address beneficiary,uint256 decreaseTimeout)"
        );
    bytes32 private constant INVOICE_TYPE =
        keccak256(
            "Invoice(address creditor,address debtor,address chequebook,uint256 cumulativePayout,uint256 dueAt)"
        );
    /// Half the order of secp256k1, rounded down.
    uint256 private constant LOW_S_MAX =
        0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    function cheque(
        address chequebook,
        address beneficiary,
        uint256 cumulativePayout
    ) internal view returns (bytes32) {
        return digest(keccak256(abi.encode(CHEQUE_TYPE, chequebook, beneficiary, cumulativePayout)));
    }

    function cashout(
        address chequebook,
        address sender,
        uint256 requestPayout,
        address recipient,
        uint256 callerPayout
    ) internal view returns (bytes32) {
        return
            digest(
                keccak256(
                    abi.encode(CASHOUT_TYPE, chequebook, sender, requestPayout, recipient, callerPayout)
                )
            );
    }

    function timeout(
        address chequebook,
        address beneficiary,
        uint256 decreaseTimeout
    ) internal view returns (bytes32) {
        return digest(keccak256(abi.encode(TIMEOUT_TYPE, chequebook, beneficiary, decreaseTimeout)));
    }

    function invoice(
        address creditor,
        address debtor,
        address chequebook,
        uint256 cumulativePayout,
        uint256 dueAt
    ) internal view returns (bytes32) {
        return
            digest(
                keccak256(
                    abi.encode(INVOICE_TYPE, creditor, debtor, chequebook, cumulativePayout, dueAt)
                )
            );
    }

    /// Who signed; never the zero address. A signature has one form only (EIP-2).
    function recover(bytes32 hash, bytes memory signature) internal pure returns (address) {
        require(signature.length == 65, "ECDSA: invalid signature length");
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
        require(uint256(s) <= LOW_S_MAX, "ECDSA: invalid signature 's' value");
        require(v == 27 || v == 28, "ECDSA: invalid signature 'v' value");
        address signer = ecrecover(hash, v, r, s);
        require(signer != address(0), "ECDSA: invalid signature");
        return signer;
    }

    function digest(bytes32 struct_) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPE, keccak256("Chequebook"), keccak256("1.0"), block.chainid)
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, struct_));
    }
}
