// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// MFT: an ERC-20 token whose supply is made once and can only shrink by burning. Twin of protocols/ledger/contracts/token.ts.
contract Token {
    string public constant name = "Mainframe Token";
    string public constant symbol = "MFT";
    uint8 public constant decimals = 18;

    uint256 private immutable minted;
    uint256 public totalBurned;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    constructor(uint256 supply) {
        minted = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function totalSupply() external view returns (uint256) {
        return minted - totalBurned;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allow(msg.sender, spender, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        move(from, to, amount);
        uint256 allowed = allowance[from][msg.sender];
        require(amount <= allowed, "ERC20: transfer amount exceeds allowance");
        allow(from, msg.sender, allowed - amount);
        return true;
    }

    /// Destroys tokens of the caller, for ever.
    function burn(uint256 amount) external {
        uint256 before = balanceOf[msg.sender];
        require(amount <= before, "ERC20: burn amount exceeds balance");
        balanceOf[msg.sender] = before - amount;
        totalBurned += amount;
        emit Transfer(msg.sender, address(0), amount);
    }

    function move(address from, address to, uint256 amount) private {
        require(from != address(0), "ERC20: transfer from the zero address");
        require(to != address(0), "ERC20: transfer to the zero address");
        uint256 before = balanceOf[from];
        require(amount <= before, "ERC20: transfer amount exceeds balance");
        balanceOf[from] = before - amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }

    function allow(address owner, address spender, uint256 amount) private {
        require(owner != address(0), "ERC20: approve from the zero address");
        require(spender != address(0), "ERC20: approve to the zero address");
        allowance[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }
}
