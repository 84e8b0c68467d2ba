// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Prices and parameters that the network agrees on, by name. Twin of protocols/ledger/contracts/parameters.ts.
contract Parameters {
    address public owner;
    mapping(bytes32 => uint256) public get;

    event ParameterChanged(bytes32 indexed key, uint256 previous, uint256 value);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    constructor() {
        owner = msg.sender;
    }

    function set(bytes32 key, uint256 value) external {
        require(msg.sender == owner, "not owner");
        emit ParameterChanged(key, get[key], value);
        get[key] = value;
    }

    function transferOwnership(address newOwner) external {
        require(msg.sender == owner, "not owner");
        require(newOwner != address(0), "invalid owner");
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }
}
