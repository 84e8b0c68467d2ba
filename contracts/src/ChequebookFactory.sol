// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Chequebook} from "./Chequebook.sol";

/// Makes chequebooks as minimal proxies (EIP-1167) and vouches for them. Twin of protocols/ledger/contracts/factory.ts.
contract ChequebookFactory {
    address public immutable ERC20Address;
    address public immutable master;
    mapping(address => bool) public deployedContracts;

    event SimpleSwapDeployed(address contractAddress);

    constructor(address token) {
        ERC20Address = token;
        Chequebook shared = new Chequebook();
        // The shared code's own storage is nobody's.
        shared.init(address(1), address(0), 0);
        master = address(shared);
    }

    function deploySimpleSwap(
        address issuer,
        uint256 defaultHardDepositTimeout,
        bytes32 salt
    ) external returns (address) {
        address made = clone(master, keccak256(abi.encode(msg.sender, salt)));
        Chequebook(made).init(issuer, ERC20Address, defaultHardDepositTimeout);
        deployedContracts[made] = true;
        emit SimpleSwapDeployed(made);
        return made;
    }

    function clone(address code, bytes32 salt) private returns (address made) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, 0x3d602d80600a3d3981f3363d3d373d3d3d363d73000000000000000000000000)
            mstore(add(at, 0x14), shl(0x60, code))
            mstore(add(at, 0x28), 0x5af43d82803e903d91602b57fd5bf30000000000000000000000000000000000)
            made := create2(0, at, 0x37, salt)
        }
        require(made != address(0), "ERC1167: create2 failed");
    }
}
