// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Parameters} from "./Parameters.sol";
import {Token} from "./Token.sol";

/// What nodes put at risk for the services they swear to. Twin of protocols/ledger/contracts/stakes.ts, which says why.
contract Stakes {
    struct Stake {
        uint256 active;
        uint256 pending;
        uint256 releaseAt;
    }

    uint256 private constant SHARE_WHOLE = 10_000;

    Token public immutable token;
    Parameters public immutable parameters;
    address public immutable owner;
    mapping(address => bool) public courts;
    mapping(address => mapping(bytes32 => Stake)) public stakeOf;
    uint256 public totalStaked;

    event CourtAuthorised(address indexed court, bool allowed);
    event StakeDeposited(
        address indexed staker,
        bytes32 indexed service,
        uint256 amount,
        uint256 active
    );
    event WithdrawalRequested(
        address indexed staker,
        bytes32 indexed service,
        uint256 pending,
        uint256 releaseAt
    );
    event StakeWithdrawn(address indexed staker, bytes32 indexed service, uint256 amount);
    event StakeSlashed(
        address indexed staker,
        bytes32 indexed service,
        address indexed court,
        address recipient,
        uint256 paid,
        uint256 burned
    );

    constructor(Token token_, Parameters parameters_) {
        token = token_;
        parameters = parameters_;
        owner = msg.sender;
    }

    function authoriseCourt(address court, bool allowed) external {
        require(msg.sender == owner, "not owner");
        courts[court] = allowed;
        emit CourtAuthorised(court, allowed);
    }

    function deposit(bytes32 service, uint256 amount) external {
        require(amount > 0, "nothing to stake");
        Stake storage stake = stakeOf[msg.sender][service];
        stake.active += amount;
        totalStaked += amount;
        token.transferFrom(msg.sender, address(this), amount);
        emit StakeDeposited(msg.sender, service, amount, stake.active);
    }

    function requestWithdrawal(bytes32 service, uint256 amount) external {
        Stake storage stake = stakeOf[msg.sender][service];
        require(amount > 0 && amount <= stake.active, "stake not sufficient");
        stake.releaseAt = block.timestamp + parameters.get("stake.withdrawal-delay");
        stake.pending += amount;
        stake.active -= amount;
        emit WithdrawalRequested(msg.sender, service, stake.pending, stake.releaseAt);
    }

    function withdraw(bytes32 service) external {
        Stake storage stake = stakeOf[msg.sender][service];
        uint256 amount = stake.pending;
        require(amount > 0, "nothing to withdraw");
        require(block.timestamp >= stake.releaseAt, "stake not yet released");
        stake.pending = 0;
        stake.releaseAt = 0;
        totalStaked -= amount;
        token.transfer(msg.sender, amount);
        emit StakeWithdrawn(msg.sender, service, amount);
    }

    /// A court takes up to amount, what is on its way out last.
    function slash(
        address staker,
        bytes32 service,
        uint256 amount,
        address recipient
    ) external returns (uint256 paid, uint256 burned) {
        require(courts[msg.sender], "not a court");
        uint256 taken = take(stakeOf[staker][service], amount);
        uint256 share = parameters.get("stake.burn-share");
        if (share > SHARE_WHOLE) share = SHARE_WHOLE;
        burned = (taken / SHARE_WHOLE) * share + ((taken % SHARE_WHOLE) * share) / SHARE_WHOLE;
        paid = taken - burned;
        if (burned > 0) token.burn(burned);
        if (paid > 0) token.transfer(recipient, paid);
        emit StakeSlashed(staker, service, msg.sender, recipient, paid, burned);
    }

    function take(Stake storage stake, uint256 amount) private returns (uint256 taken) {
        uint256 fromActive = amount < stake.active ? amount : stake.active;
        uint256 wanted = amount - fromActive;
        uint256 fromPending = wanted < stake.pending ? wanted : stake.pending;
        taken = fromActive + fromPending;
        require(taken > 0, "nothing to slash");
        stake.active -= fromActive;
        stake.pending -= fromPending;
        if (stake.pending == 0) stake.releaseAt = 0;
        totalStaked -= taken;
    }
}
